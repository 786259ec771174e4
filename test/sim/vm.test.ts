import { beforeAll, expect, test } from 'vitest'
import {
    ControlCommand,
    firstPacket,
    isIntactFrame,
    makeFrame,
    packetCommand,
    packetServiceIndex,
} from '../../src/protocol/frame'
import { DeviceScriptVm, type VmHost } from '../../src/sim/vm/device-script-vm'
import {
    boardProgram,
    DEVICE_ID,
    ECHO_ADDRESS,
    request,
    RESULT_ADDRESS,
    Scenario,
    SCENARIO_ADDRESS,
} from './board-program'

let program: Buffer

beforeAll(async () => {
    program = await boardProgram()
})

/** A machine around the runtime that notes what it does. */
function machine(scenario: number[], more: Partial<VmHost> = {}) {
    const seen = {
        now: 0,
        frames: [] as Buffer[],
        log: [] as string[],
        panics: [] as number[],
        transfers: [] as { address: number; write: number[] | undefined; readLength: number | undefined }[],
    }
    const vm = new DeviceScriptVm({
        now: () => seen.now,
        onFrame: frame => seen.frames.push(Buffer.from(frame)),
        onLog: line => seen.log.push(line),
        i2cTransfer: (address, write, read) => {
            if (address === SCENARIO_ADDRESS) {
                read?.set(scenario)
                return 0
            }
            seen.transfers.push({ address, write: write && [...write], readLength: read?.length })
            if (address === ECHO_ADDRESS) read?.set([9, 8, 7, 0xfe])
            return address === ECHO_ADDRESS + 1 ? -1 : address === ECHO_ADDRESS + 2 ? -2 : 0
        },
        onPanic: code => seen.panics.push(code),
        random: into => into.fill(7),
        ...more,
    })
    const run = (milliseconds: number) => {
        for (const end = seen.now + milliseconds * 1000; seen.now < end; seen.now += 1000) vm.process()
    }
    return { vm, seen, run }
}

test('an I2C transaction reaches the machine with its bytes, and brings bytes and result back', () => {
    const { vm, seen, run } = machine(request(Scenario.Echo))
    vm.start(DEVICE_ID)
    vm.deploy(program)
    run(20)
    const result = (value: number) => ({
        address: RESULT_ADDRESS,
        write: [value, value && 255, value && 255, value && 255],
        readLength: undefined,
    })
    const read = { address: RESULT_ADDRESS, write: [9, 8, 7, 0xfe], readLength: undefined }
    expect(seen.transfers).toEqual([
        { address: ECHO_ADDRESS, write: [1, 2, 0xfe], readLength: 4 },
        result(0),
        read,
        { address: ECHO_ADDRESS, write: undefined, readLength: 4 },
        result(0),
        read,
        { address: ECHO_ADDRESS, write: [9, 8, 7, 0xfe], readLength: undefined },
        result(0),
        // Empty buffers are none.
        { address: ECHO_ADDRESS, write: undefined, readLength: undefined },
        result(0),
        { address: ECHO_ADDRESS + 1, write: [9, 8, 7, 0xfe], readLength: 4 },
        result(0xff),
        { address: ECHO_ADDRESS + 2, write: [9, 8, 7, 0xfe], readLength: 4 },
        { ...result(0xff), write: [0xfe, 0xff, 0xff, 0xff] },
    ])
})

test('the device announces itself under its id each half second, in intact frames', () => {
    const { vm, seen, run } = machine(request(Scenario.None))
    vm.start(DEVICE_ID)
    vm.deploy(program)
    run(5000)
    const announces = seen.frames.filter(
        frame => packetServiceIndex(frame, firstPacket(frame)) === 0 && packetCommand(frame, firstPacket(frame)) === 0,
    )
    expect(seen.frames.every(frame => isIntactFrame(frame, frame.length))).toBe(true)
    expect(announces.length).toBeGreaterThanOrEqual(9)
    expect(announces[0].readBigUInt64LE(4)).toBe(DEVICE_ID)
})

test('the control service answers a query of its clock with the time of the machine', () => {
    const { vm, seen, run } = machine(request(Scenario.None))
    vm.start(DEVICE_ID)
    vm.deploy(program)
    run(2000)
    seen.frames.length = 0
    const id = Buffer.alloc(8)
    id.writeBigUInt64LE(DEVICE_ID)
    expect(vm.receiveFrame(makeFrame(id, 0, 0x1186))).toBe(true)
    seen.now = 2_345_678
    run(3)
    const answer = seen.frames.find(frame => packetCommand(frame, firstPacket(frame)) === 0x1186)
    // Behind the frame's and the packet's header, 16 bytes: u64, µs. This runtime's clock starts at 123.
    expect(answer?.readUInt32LE(16)).toBe(2_345_678 + 123)
})

test('a frame with a wrong check sum is refused', () => {
    const { vm } = machine(request(Scenario.None))
    vm.start(DEVICE_ID)
    const frame = Buffer.from(makeFrame(Buffer.alloc(8, 1), 0, ControlCommand.Noop))
    frame[14] ^= 1
    expect(vm.receiveFrame(frame)).toBe(false)
})

test('a program that is none is refused', () => {
    const { vm } = machine(request(Scenario.None))
    vm.start(DEVICE_ID)
    const broken = Buffer.from(program)
    broken[0] ^= 0xff
    expect(() => vm.deploy(broken)).toThrow('refused the program')
})

test('a program that runs too long without a pause panics, and says where', () => {
    const { vm, seen, run } = machine(request(Scenario.Endless))
    vm.start(DEVICE_ID)
    vm.deploy(program)
    run(10)
    // DEVS_MAX_STEPS in the runtime: 128 · 1024. What else ran was a few dozen operations.
    expect(seen.panics).toHaveLength(1)
    expect(vm.operations).toBeGreaterThanOrEqual(131072)
    expect(vm.operations).toBeLessThan(131072 + 100)
    expect(seen.log).toContain('! Exception: InfiniteLoop')
})

test("the program's log lines come marked", () => {
    const { vm, seen, run } = machine(request(Scenario.Log, 0, 3))
    vm.start(DEVICE_ID)
    vm.deploy(program)
    run(20)
    expect(seen.log.filter(line => line.startsWith('> '))).toEqual(['> line 0', '> line 1', '> line 2', '> done'])
})

test('a program stays in flash over a restart', () => {
    let flash: Uint8Array | undefined
    const first = machine(request(Scenario.Log, 0, 1), { saveFlash: content => (flash = content) })
    first.vm.start(DEVICE_ID)
    first.vm.deploy(program)
    first.run(10)
    expect(flash).toBeDefined()
    const second = machine(request(Scenario.Log, 0, 2), { loadFlash: () => flash })
    second.vm.start(DEVICE_ID)
    // The manager starts the program after 1.1 s.
    second.run(2000)
    expect(second.seen.log.filter(line => line.startsWith('> '))).toEqual(['> line 0', '> line 1', '> done'])
})

test('heap statistics see a buffer that the program keeps, and one that it drops', () => {
    const marks: NonNullable<ReturnType<DeviceScriptVm['heapStatistics']>>[] = []
    const { vm, seen, run } = machine([...request(Scenario.Garbage, 0, 200)], {
        i2cTransfer: (address, _write, read) => {
            if (address === SCENARIO_ADDRESS) read?.set(request(Scenario.Garbage, 0, 200))
            else marks.push(vm.heapStatistics()!)
            return 0
        },
    })
    expect(vm.heapStatistics()).toBeUndefined()
    vm.start(DEVICE_ID)
    vm.deploy(program)
    expect(vm.takeAllocations()).toEqual({ count: 0, collected: false })
    run(10)
    const [before, kept] = marks
    expect(kept.objects - before.objects).toBe(1)
    // 1000 bytes behind the header of 12 of a buffer on a 32-bit machine.
    expect(kept.usedBytes - before.usedBytes).toBe(1012)
    expect(kept.freeBytes - before.freeBytes).toBe(-1012)
    // 64 KiB but the chunk's own header and end.
    expect(before.usedBytes + before.freeBytes).toBeGreaterThan(65000)
    expect(before.usedBytes + before.freeBytes).toBeLessThanOrEqual(65536)
    let allocations = 0
    let collections = 0
    for (let i = 0; i < 400; i++) {
        run(1)
        const { count, collected } = vm.takeAllocations()
        allocations += count
        if (collected) collections++
    }
    expect(seen.panics).toEqual([])
    expect(marks).toHaveLength(3)
    // 200 kB of garbage went through a heap of 64: it was collected three times at least.
    expect(allocations).toBeGreaterThan(200)
    expect(collections).toBeGreaterThanOrEqual(3)
    expect(collections).toBeLessThan(100)
})
