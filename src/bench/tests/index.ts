import { backlash } from './backlash'
import { check } from './check'
import { chirp } from './chirp'
import { follow } from './follow'
import { friction } from './friction'
import { identify } from './identify'
import { ramp } from './ramp'
import { repeatability } from './repeatability'
import { soak } from './soak'
import { step } from './step'
import { sweep } from './sweep'
import type { BenchTest } from './test'
import { thermal } from './thermal'
import { tune } from './tune'

/** Every test of the bench, in the order in which one would meet them. */
export const benchTests: readonly BenchTest[] = [
    check,
    step,
    ramp,
    chirp,
    sweep,
    friction,
    backlash,
    repeatability,
    thermal,
    soak,
    follow,
    identify,
    tune,
]
