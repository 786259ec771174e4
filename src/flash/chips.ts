/** What a chip's pins can do. Numbers are GPIO numbers. */
export interface PinTable {
    /** Where the table comes from. */
    readonly source: string
    /** Every GPIO that the chip has. */
    readonly gpio: readonly number[]
    /** Without an output driver: no bus, no output. */
    readonly inputOnly: readonly number[]
    /** Taken by something that the board cannot do without, by what. */
    readonly reserved: Readonly<Record<number, string>>
}

interface ChipBase {
    /** DeviceScript's name of the architecture. */
    readonly id: string
    readonly name: string
    /** Timing profile of the simulator that stands for it. */
    readonly profile: 'rp2040' | 'esp32'
    readonly pins: PinTable
    /** Where the published runtime for a bare board is. */
    readonly runtimeUrl: string
    /** Address of the board's settings (DCFG), in the address space of the image. */
    readonly settingsAddress: number
    /** Address and 4 KiB pages of the runtime's store (fstor), which holds the program. */
    readonly storeAddress: number
    readonly storePages: number
    /** Bytes of flash that the runtime is laid out for. */
    readonly flashBytes: number
}

/** Programmed by copying a UF2 file. Addresses are those of the memory map. */
export interface Uf2Chip extends ChipBase {
    readonly format: 'uf2'
    readonly flashAddress: number
    readonly familyId: number
}

/** Programmed through the serial ROM loader. Addresses count from the beginning of the flash. */
export interface EspChip extends ChipBase {
    readonly format: 'bin'
    /** Where the image begins: the second-stage bootloader. */
    readonly imageAddress: number
    /** In the header of every image for the chip (esp_chip_id_t of ESP-IDF). */
    readonly imageChipId: number
    /** As esptool names it. */
    readonly espName: string
}

export type Chip = Uf2Chip | EspChip

/** Flash is erased in sectors of this many bytes, on all of them. */
export const SECTOR_BYTES = 4096
/** Address of the application in a runtime image for an ESP32, and of the partition table. */
export const ESP_APPLICATION_ADDRESS = 0x10000
export const ESP_PARTITION_TABLE_ADDRESS = 0x8000

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
const reserve = (pins: number[], by: string) => Object.fromEntries(pins.map(pin => [pin, by]))

const ESP_RELEASES = 'https://github.com/microsoft/devicescript-esp32/releases/latest/download'
const PICO_RELEASES = 'https://github.com/microsoft/devicescript-pico/releases/latest/download'

/*
 * Layout of the images and addresses of the releases: the architecture files that @devicescript/cli 2.16.4 carries (their
 * `dcfgOffset`, `fstorOffset`, `fstorPages`, `binFlashOffset`, `bareUrl`).
 */
const picoLayout = {
    format: 'uf2',
    profile: 'rp2040',
    flashAddress: 0x1000_0000, // RP2040 datasheet, 2.2 address map: XIP base
    flashBytes: 2 * 1024 * 1024, // Raspberry Pi Pico datasheet, 1: W25Q16
    familyId: 0xe48b_ff56, // UF2 families list, RP2040
    settingsAddress: 0x100d_c000,
    storeAddress: 0x100e_0000,
    storePages: 32,
} as const
const espLayout = {
    format: 'bin',
    profile: 'esp32',
    settingsAddress: 0x9000,
    storeAddress: 0x1c_0000,
    storePages: 64,
    flashBytes: 4 * 1024 * 1024,
} as const

export const CHIPS: Readonly<Record<string, Chip>> = {
    rp2040: {
        ...picoLayout,
        id: 'rp2040',
        name: 'RP2040',
        runtimeUrl: `${PICO_RELEASES}/devicescript-rp2040-pico.uf2`,
        pins: {
            source: 'RP2040 datasheet, 1.4.3 GPIO functions; Raspberry Pi Pico datasheet, 2.1 pinout',
            gpio: range(0, 29),
            inputOnly: [],
            reserved: {
                23: "the Pico's voltage regulator",
                24: "the Pico's VBUS sense",
                29: "the Pico's VSYS measurement",
            },
        },
    },
    rp2040w: {
        ...picoLayout,
        id: 'rp2040w',
        name: 'RP2040 with CYW43439',
        runtimeUrl: `${PICO_RELEASES}/devicescript-rp2040w-pico_w.uf2`,
        pins: {
            source: 'RP2040 datasheet, 1.4.3 GPIO functions; Raspberry Pi Pico W datasheet, 2.1 pinout',
            gpio: range(0, 29),
            inputOnly: [],
            // 25 is the radio's chip select; the runtime reaches the LED, which it names so, through the radio.
            reserved: reserve([23, 24, 29], 'the radio'),
        },
    },
    esp32: {
        ...espLayout,
        id: 'esp32',
        name: 'ESP32',
        espName: 'ESP32',
        imageAddress: 0x1000,
        imageChipId: 0,
        runtimeUrl: `${ESP_RELEASES}/devicescript-esp32-esp32_bare-0x1000.bin`,
        pins: {
            source: 'ESP32 datasheet, 2.2 pin overview and 2.4 strapping pins; ESP-IDF, GPIO summary of the ESP32',
            gpio: [...range(0, 19), ...range(21, 23), ...range(25, 27), ...range(32, 39)],
            inputOnly: range(34, 39),
            reserved: { ...reserve(range(6, 11), 'the flash'), ...reserve([1, 3], "the UART to the host's USB") },
        },
    },
    esp32s2: {
        ...espLayout,
        id: 'esp32s2',
        name: 'ESP32-S2',
        espName: 'ESP32-S2',
        imageAddress: 0x1000,
        imageChipId: 2,
        runtimeUrl: `${ESP_RELEASES}/devicescript-esp32s2-esp32s2_bare-0x1000.bin`,
        pins: {
            source: 'ESP32-S2 datasheet, 2.2 pin overview; ESP-IDF, GPIO summary of the ESP32-S2',
            gpio: [...range(0, 21), ...range(26, 46)],
            inputOnly: [46],
            reserved: { ...reserve(range(26, 32), 'the flash'), ...reserve([19, 20], 'USB') },
        },
    },
    esp32s3: {
        ...espLayout,
        id: 'esp32s3',
        name: 'ESP32-S3',
        espName: 'ESP32-S3',
        imageAddress: 0,
        imageChipId: 9,
        runtimeUrl: `${ESP_RELEASES}/devicescript-esp32s3-esp32s3_bare-0x0.bin`,
        pins: {
            source: 'ESP32-S3 datasheet, 2.2 pin overview; ESP-IDF, GPIO summary of the ESP32-S3',
            gpio: [...range(0, 21), ...range(26, 48)],
            inputOnly: [],
            reserved: {
                ...reserve(range(26, 32), 'the flash'),
                ...reserve(range(33, 37), 'the octal flash or PSRAM of some modules'),
                ...reserve([19, 20], 'USB'),
            },
        },
    },
    esp32c3: {
        ...espLayout,
        id: 'esp32c3',
        name: 'ESP32-C3',
        espName: 'ESP32-C3',
        imageAddress: 0,
        imageChipId: 5,
        runtimeUrl: `${ESP_RELEASES}/devicescript-esp32c3-esp32c3_bare-0x0.bin`,
        pins: {
            source: 'ESP32-C3 datasheet, 2.2 pin overview; ESP-IDF, GPIO summary of the ESP32-C3',
            gpio: range(0, 21),
            inputOnly: [],
            reserved: { ...reserve(range(11, 17), 'the flash'), ...reserve([18, 19], 'USB') },
        },
    },
}

/**
 * The I2C peripheral (0 or 1) that a pin of the RP2040 is wired to, and as what: functions alternate SDA, SCL with the pin's
 * number, and the peripheral with each pair (datasheet, 1.4.3). On the ESP32 family any pin can be either.
 */
export function rp2040I2c(pin: number): { bus: number; role: 'SDA' | 'SCL' } {
    return { bus: (pin >> 1) & 1, role: pin % 2 === 0 ? 'SDA' : 'SCL' }
}
