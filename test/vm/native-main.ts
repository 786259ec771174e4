// The runtime's own motor, servo and encoder behind the robot's interfaces. Test side: test/sim/native.test.ts. A program for a board
// has `startMotor(…)`, `startServo(…)` and `startRotaryEncoder(…)` where this has roles: those find the runtime's services only.
import * as ds from '@devicescript/core'
import { NativeEncoders } from '../../devices/encoders/native-encoders'
import { NativeMotors } from '../../devices/motors/native-motors'
import { NativeServos } from '../../devices/motors/native-servos'
import { clock, i2c } from '../../src/firmware/board'
import { EncoderService, MotorService, sendInBackground, ServoService } from '../../src/firmware/native'
import type { JointEncoders, MotorController } from '../../src/onboard/parts'

/** What the tick wants comes from here, and what it read goes there: f32 each. */
const WISHES = 0x11
const STATE = 0x12
const TICK_MS = 70
const TURN = 48

async function main() {
    const motors = new NativeMotors([new MotorService(new ds.Motor('drive'))], { updateMs: 70, commandTimeoutMs: 140 })
    const servos = new NativeServos([new ServoService(new ds.Servo('lift'))], {
        updateMs: 70,
        ends: [{ positionLow: -0.7, positionHigh: 0.7 }],
    })
    const encoders = new NativeEncoders([new EncoderService(new ds.RotaryEncoder('shaft'))], [TURN])
    await motors.init(clock)
    await servos.init(clock)
    await encoders.init(clock)
    sendInBackground(motors)
    const controller: MotorController = motors
    const joints: JointEncoders = encoders
    sendInBackground(servos)
    const wishes = Buffer.alloc(12)
    const state = Buffer.alloc(12)
    let enabled = false
    while (true) {
        i2c.transfer(WISHES, undefined, wishes)
        const mode = wishes.getAt(8, 'f32')
        joints.sample()
        if (mode > 0 && !enabled) controller.enable()
        else if (mode === 0 && enabled) controller.stop()
        enabled = mode > 0
        // Mode 2: the tick stands still, and the program goes on.
        if (mode < 2) controller.write(wishes.getAt(0, 'f32'), 0, 0)
        const position = wishes.getAt(4, 'f32')
        if (position < -100) servos.release()
        else servos.write([position])
        state.setAt(0, 'f32', joints.reading[0])
        state.setAt(4, 'f32', joints.failed)
        state.setAt(8, 'f32', motors.timedOut ? 1 : 0)
        i2c.transfer(STATE, state, undefined)
        await clock.sleep(TICK_MS)
    }
}
main.start()
