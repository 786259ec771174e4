/** A motor that the runtime itself drives (Jacdac service motor). Each call sends a packet, and waits until it may. */
export interface NativeMotor {
    /** Whether the service is there; a call waits for ever while it is not. */
    isBound(): boolean
    /** @param speed -1 to 1 */
    setSpeed(speed: number): Promise<void>
    setEnabled(enabled: boolean): Promise<void>
}

/** A hobby servo that the runtime itself drives (Jacdac service servo), likewise. */
export interface NativeServo {
    isBound(): boolean
    /** @param angle degrees */
    setAngle(angle: number): Promise<void>
    setEnabled(enabled: boolean): Promise<void>
}

/** A quadrature encoder that the runtime itself counts (Jacdac service rotary encoder). */
export interface NativeEncoder {
    /** As last reported, from 0 at the start. */
    readonly count: number
    /** Reports so far: the count is new when this has grown. */
    readonly reports: number
    /** Asks for reports. */
    start(): Promise<void>
}
