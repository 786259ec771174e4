/**
 * Where things lie in the runtime's memory: 32-bit WebAssembly, DeviceScript 2.16.4 (`runtime/devicescript` sources;
 * structure and field named beside each offset). Valid only for the image that `runtime-image.ts` checks.
 */

/** Index in the function table of `fun3_DeviceScript__i2cTransaction`: handler in `devs_builtin_functions`. */
export const I2C_TRANSACTION = 55
/** `fun5_DeviceScript_spiConfigure`, `fun2_DeviceScript_spiXfer` and `meth1_GPIO_setMode`, likewise. */
export const SPI_CONFIGURE = 57
export const SPI_TRANSFER = 58
export const GPIO_SET_MODE = 78
/** `prop_GPIO_value`, likewise. */
export const GPIO_VALUE = 77
/** `configs[1]` of jd_dcfg.c: where the board's own settings lie, once `jd_em_init` has looked for them. */
export const BOARD_SETTINGS = 33820

/**
 * The four characters of the setting `archId`, "wasm" in this image: by it `isSimulator()` tells whether there is hardware.
 */
export const ARCH_ID = 14435
/** `devs_vm_op_handlers`: table indices of the opcode handlers, in memory, one u32 an opcode. */
export const OP_HANDLERS = 18912
/** Number of opcodes, `DEVS_OP_PAST_LAST`. */
export const OP_COUNT = 95
/** `stmt1_call0` … `stmt9_call8` and `stmt2_call_array`: the opcodes that call something. */
export const CALL_OPS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 79]
/** `stmt1_return`. */
export const RETURN_OP = 12
/** Opcodes from here on push a small constant and have no handler (`DEVS_DIRECT_CONST_OP`). */
export const DIRECT_CONST_OP = 0x80
/** In `DEVS_OP_PROPS`: the opcode is a statement, not part of an expression; it is followed by a number. */
export const OP_IS_STATEMENT = 0x10
export const OP_TAKES_NUMBER = 0x20
/** First byte of a number that has more (`DEVS_FIRST_MULTIBYTE_INT`); low two bits + 1 bytes follow. */
export const FIRST_MULTIBYTE_INT = 0xf8
/** `DEVS_OP_PROPS`, one byte an opcode. */
export const OP_PROPS = Buffer.from(
    '7f60111213141516171819125170314260313114402020410213212121606010111160606060606060601003004140414040' +
        '414041414141414142424242424242424242424242424132212041103012307010105151711041424042421160',
    'hex',
)

/** Offsets in `devs_ctx_t`. */
export const Context = {
    stack: 88,
    image: 228,
    currentFunction: 232,
    currentFiber: 236,
    gc: 288,
    pinState: 296,
}
/** `num_pins` (u8) in `devs_ctx_t`, and offsets in `devs_pin_state_t`. */
export const PIN_COUNT = 74
export const PinState = { size: 24, object: 0, gpio: 13, mode: 14 }
/** The low digit of a pin's mode is 1 for an input, 2 for an output, the high one 1 for a high one (`GPIOMode`). */
export const PinMode = { base: 0x0f, input: 0x01, output: 0x02, high: 0x10 }
/** Offset of `ret_val` in `devs_fiber_t`. */
export const FIBER_RETURN_VALUE = 32
/** Others in it: `pkt_data.awaiting`, `pkt_kind` (low four bits) and its value for a fiber that waits for a flag, `wake_time`. */
export const FiberWait = { flag: 8, kind: 16, awaiting: 5, wakeTime: 24 }
/** Offset of `pc` (u16) in `devs_activation_t`. */
export const ACTIVATION_PC = 4
/** Offsets in `devs_buffer_t`: length is u16. */
export const HeapBuffer = { length: 4, data: 12 }
/** Offsets in `devs_gc_t`; `allocated` is in words since the last collection. */
export const Gc = { firstChunk: 4, allocations: 8, allocated: 16 }
/** Offsets in a heap chunk. */
export const Chunk = { next: 0, end: 4, start: 8 }
/** A block's header: size in words, tag in the top byte; `DEVS_GC_TAG_FREE` under the mark bits. */
export const Block = { sizeMask: 0xffffff, tagShift: 24, tagMask: 0x0f, free: 1 }

/**
 * High word of a value that holds a 32-bit integer, of one that points to a heap object, of one that is a constant of the
 * image (`DEVS_HANDLE_TYPE_IMG_BUFFERISH`), and of undefined and null.
 */
export const Value = { int: 0xffffffff, object: 0x8, constant: 0x4, none: 0 }
/** A constant's index has its kind above these bits; the kind of a buffer is 0 (`DEVS_STRIDX_BUFFER`). */
export const CONSTANT_INDEX_BITS = 14

/** In the program image: offsets of sections' headers (`devs_img_header_t`), and the size of what is in them. */
export const Image = { functions: 32, functionSize: 16, buffers: 80, bufferSize: 8, stringData: 88 }
