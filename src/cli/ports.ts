import type { Command } from 'commander'
import { jsonOption } from './options'
import { print, printJson, table } from './output'

export function addPorts(program: Command): void {
    program
        .command('ports')
        .description('list the serial ports of this machine')
        .addOption(jsonOption('print one JSON object: { "ports": [...] }'))
        .addHelpText('after', '\nExample:\n  $ tendon ports --json')
        .action(listSerialPorts)
}

async function listSerialPorts({ json }: { json?: boolean }): Promise<void> {
    const { BOARD_VENDORS, listPorts } = await import('../host/ports')
    const ports = await listPorts()
    if (json) return printJson({ ports })
    if (ports.length === 0) return print('no serial ports; connect the board with a USB cable that carries data')
    const rows = ports.map(({ path, vendorId, productId, manufacturer, serialNumber }) => [
        path,
        vendorId === undefined ? '' : `${vendorId}:${productId ?? '????'}`,
        (vendorId !== undefined && BOARD_VENDORS[vendorId]) || manufacturer || '',
        serialNumber ?? '',
    ])
    for (const line of table([['path', 'usb id', 'maker', 'serial number'], ...rows])) print(line)
}
