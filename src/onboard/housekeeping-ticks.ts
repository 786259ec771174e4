/**
 * Ticks from one look after the motor controller to the next. A multiple of four: at 100 Hz a telemetry report goes out after
 * each fourth tick, and housekeeping shall not make the same tick longer.
 */
export const HOUSEKEEPING_TICKS = 12
