// A small robot in the manner of src/onboard: what its tick uses, as interfaces.
export enum Mode {
    Off = 0,
    On = 1,
    Stopped = 2,
}

export interface Bus {
    transfer(address: number, value: number): number
}

export interface Sensor {
    readonly reading: number[]
    sample(): boolean
}

export interface Motor {
    write(effort0: number, effort1: number, effort2: number): boolean
}

export interface Log {
    add(robot: State, now: number): void
}

export interface State {
    readonly position: number[]
    readonly effort: number[]
    mode: Mode
}
