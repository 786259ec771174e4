import { progress } from '../../cli/progress'
import { type Interruption, INTERRUPTIONS, interruptRun } from '../safety/interrupt-run'
import { ms } from '../safety/stop-run'
import { benchTests } from '../tests'

/** Every test of the bench, ended early in every way, `runs` times at drawn moments. @returns whether the motor was always off */
export async function interruptCampaign(runs: number, first: number): Promise<boolean> {
    let broken = false
    const bar = progress()
    let done = 0
    for (const by of Object.keys(INTERRUPTIONS) as Interruption[]) {
        let [worst, least] = [0, Infinity]
        for (const test of benchTests) {
            for (let seed = first; seed < first + runs; seed++) {
                const { at, lastDriven, bound, failures } = await interruptRun(test, by, seed)
                const all = benchTests.length * runs * Object.keys(INTERRUPTIONS).length
                bar.update(++done / all, `${test.name}, ${by}`)
                worst = Math.max(worst, lastDriven - at)
                least = Math.min(least, bound + at - lastDriven)
                for (const failure of failures) {
                    broken = true
                    process.stdout.write(`BROKEN: ${test.name}, ${by}, seed ${seed}: ${failure}\n`)
                }
            }
        }
        const count = `${benchTests.length * runs} runs of ${benchTests.length} tests`
        process.stdout.write(
            `${by.padEnd(23)} ${count}; motor driven for ${ms(worst)} at most, ${ms(least)} less than allowed\n`,
        )
    }
    bar.stop()
    return !broken
}
