/** A two's complement number of 16 bits from its bytes. @inline */
export function signed16(high: number, low: number): number {
    return ((high << 24) >> 16) | low
}
