import type { Recorder } from '../result'
import type { Rig, SetpointMode } from '../rig'

/** What a test can be told. Each test has its own defaults and takes what concerns it. */
export interface TestOptions {
    /** What steps, ramps and sweeps command. */
    mode?: SetpointMode
    /** Size of what is commanded, in the unit of its mode. */
    amplitude?: number
    /** Around what it is commanded. */
    offset?: number
    repeats?: number
    /** s */
    duration?: number
    /** Hz */
    from?: number
    to?: number
    /** What `follow` follows: time (s) and position (rad). */
    trajectory?: { time: number; position: number }[]
    /** What `tune` shall reach: Hz, and as a damping ratio; from a model or by relay; whether it keeps the gains. */
    bandwidth?: number
    damping?: number
    method?: 'model' | 'relay'
    store?: boolean
    /** What `soak` went through before, and where it says what it has gone through. */
    resume?: unknown
    onCycle?: (state: unknown) => void
}

/** A test of an actuator. */
export interface BenchTest {
    name: string
    /** One line. */
    description: string
    /** How long it takes, s, as far as that is known. */
    seconds(options: TestOptions): number
    /** Finds what it can; {@link Rig.play} throws when it must end. */
    run(rig: Rig, record: Recorder, options: TestOptions): Promise<void>
}
