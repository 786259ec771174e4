import { beforeAll, expect, test } from 'vitest'
import { DeviceScriptVm } from '../../src/sim/vm/device-script-vm'
import { boardProgram, MARK_ADDRESS, request, Scenario, SCENARIO_ADDRESS } from './board-program'

/*
 * What the program executes from one mark to the next, counted by hand from `devs disasm`. Each line of its listing is a
 * tree of operations, innermost first; here they are in the order in which they run.
 *
 *     CALL busy_F4(par1)                  par1 · busy_F4 · call                                   3
 *       loc0 := 0                         0 · store                                               2
 *       loc1 := 0                         0 · store                                               2
 *     each turn:
 *       JMP 31 IF NOT (loc1 < par0)       loc1 · par0 · less · jump                               4
 *       loc0 := (loc0 + loc1)             loc0 · loc1 · add · store                               4
 *       loc1 := (loc1 + 1)                loc1 · 1 · add · store                                  4
 *       JMP 6                             jump                                                    1
 *     and behind the last:
 *       JMP 31 IF NOT (loc1 < par0)       loc1 · par0 · less · jump                               4
 *       {G6}[0] := (loc0 & 255)           G6 · 0 · loc0 · 255 · and · store                       6
 *       RETURN undefined                  undefined · return                                      2
 *     CALL {G4}."transfer"(17, {G6}, …)   G4 · field · 17 · G6 · undefined · call                 6
 */
const TURN = 13
const OUTSIDE = 25

let program: Buffer

beforeAll(async () => {
    program = await boardProgram()
})

/** Counters at each mark of a control loop whose tick makes `turns` turns; three ticks, two marks each. */
function countersAtMarks(turns: number): { operations: number; calls: number; builtins: number }[] {
    const marks: { operations: number; calls: number; builtins: number }[] = []
    let now = 0
    const vm: DeviceScriptVm = new DeviceScriptVm({
        now: () => now,
        onFrame: () => {},
        onLog: () => {},
        i2cTransfer: (address, _write, read) => {
            if (address === SCENARIO_ADDRESS) read?.set(request(Scenario.Loop, 10, turns))
            if (address === MARK_ADDRESS) {
                marks.push({ operations: vm.operations, calls: vm.calls, builtins: vm.builtins })
            }
            return 0
        },
        onPanic: () => {},
        random: into => into.fill(7),
    })
    vm.start(1n)
    vm.deploy(program)
    while (marks.length < 6) {
        vm.process()
        now += 1000
    }
    return marks
}

test.each([0, 1, 2, 70, 1000])('operations, calls and builtins of %i turns are those counted by hand', turns => {
    const marks = countersAtMarks(turns)
    for (const first of [0, 2, 4]) {
        const [before, after] = [marks[first], marks[first + 1]]
        expect(after.operations - before.operations).toBe(OUTSIDE + turns * TURN)
        expect(after.calls - before.calls).toBe(1)
        // The first mark's own call, which had not returned when the counter was read.
        expect(after.builtins - before.builtins).toBe(1)
    }
})

test('the profile by program counter adds up to the operations, and knows the loop', () => {
    let now = 0
    let ticks = 0
    const vm = new DeviceScriptVm(
        {
            now: () => now,
            onFrame: () => {},
            onLog: () => {},
            i2cTransfer: (address, _write, read) => {
                if (address === SCENARIO_ADDRESS) read?.set(request(Scenario.Loop, 10, 100))
                if (address === MARK_ADDRESS) ticks += 0.5
                return 0
            },
            onPanic: () => {},
            random: into => into.fill(7),
        },
        true,
    )
    vm.start(1n)
    vm.deploy(program)
    for (; ticks < 50; now += 1000) vm.process()
    const profile = vm.profile()
    expect(profile.reduce((sum, { operations }) => sum + operations, 0)).toBe(vm.operations)
    // The loop's additions and stores ran 5000 times each; the first test of the condition is shared with the last.
    const inLoop = profile.filter(({ operations }) => operations % 5000 === 0)
    expect(inLoop.length).toBeGreaterThan(5)
})

test('without being asked for, there is no profile', () => {
    const host = {
        now: () => 0,
        onFrame: () => {},
        onLog: () => {},
        i2cTransfer: () => 0,
        onPanic: () => {},
        random: () => {},
    }
    expect(() => new DeviceScriptVm(host).profile()).toThrow('this meter keeps no profile')
})
