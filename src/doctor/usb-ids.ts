/** What a USB id says of a board. */
export interface UsbKind {
    readonly what: string
    /** Linux kernel module that makes a serial port of it; absent when it is none. */
    readonly module?: string
    /** It waits for an image, and runs no program. */
    readonly bootloader?: true
    /** Opening its port at 1200 bit/s and closing it again restarts it in its boot loader. */
    readonly touch?: true
}

/*
 * Sources: USB ids of Raspberry Pi (github.com/raspberrypi/usb-pid), of Espressif (github.com/espressif/usb-pids), the makers' data
 * sheets of the converters, usb_descriptors.c of devicescript-pico; and 303a:000a as a published Pico image was seen to show.
 * Which honour 1200 bit/s: pico_stdio_usb of the Pico SDK and MicroPython's port have it; devicescript-pico's usb.c takes no
 * notice of the line's speed.
 */
const KINDS: Readonly<Record<string, UsbKind>> = {
    '2e8a:0003': { what: "RP2040's boot drive", bootloader: true },
    '2e8a:000f': { what: "RP2350's boot drive", bootloader: true },
    '2e8a:0005': { what: 'MicroPython on a Raspberry Pi Pico', module: 'cdc_acm', touch: true },
    '2e8a:000a': { what: 'a program of the Pico SDK', module: 'cdc_acm', touch: true },
    '2e8a:420a': { what: 'DeviceScript on a Raspberry Pi Pico', module: 'cdc_acm' },
    '303a:000a': { what: 'DeviceScript on a Raspberry Pi Pico', module: 'cdc_acm' },
    '303a:0002': { what: "ESP32-S2's ROM loader", module: 'cdc_acm', bootloader: true },
    '303a:1001': { what: 'ESP32-S3 or C3 on its own USB', module: 'cdc_acm' },
    '10c4:ea60': { what: 'a CP210x converter', module: 'cp210x' },
    '1a86:7523': { what: 'a CH340 converter', module: 'ch341' },
    '1a86:55d3': { what: 'a CH343 converter', module: 'cdc_acm' },
    '1a86:55d4': { what: 'a CH9102 converter', module: 'cdc_acm' },
    '0403:6001': { what: 'an FT232R converter', module: 'ftdi_sio' },
    '0403:6010': { what: 'an FT2232 converter', module: 'ftdi_sio' },
    '0403:6015': { what: 'an FT231X converter', module: 'ftdi_sio' },
}

/** Undefined when the id is not known. */
export function usbKind(vendorId?: string, productId?: string): UsbKind | undefined {
    return vendorId === undefined || productId === undefined ? undefined : KINDS[`${vendorId}:${productId}`]
}
