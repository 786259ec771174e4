import { describe, expect, it } from 'vitest'
import { tendon } from './tendon'

/** What is typed, and what the error must name: the option, the value, what is allowed. */
const WRONG: [string, RegExp[]][] = [
    ['dance', [/unknown command 'dance'/, /tendon --help/]],
    ['simm rover', [/unknown command 'simm'/, /Did you mean sim\?/]],
    ['sim', [/missing required argument 'robot'/, /tendon sim --help/]],
    ['sim hexapod', [/robot "hexapod" does not exist; there are: .*rover/]],
    ['sim rover --board avr', [/--board/, /'avr'/, /rp2040, esp32, ideal/]],
    ['sim rover --duration -1', [/--duration/, /'-1'/, /above 0 to 86400/]],
    ['sim rover --duration soon', [/--duration/, /'soon'/, /above 0/]],
    ['sim rover --speed 0', [/--speed/, /'0'/, /max, or a number above 0 to 1000/]],
    ['sim rover --seed 1.5', [/--seed/, /'1.5'/, /whole number from 0 to 4294967295/]],
    ['sim rover --sed 1', [/unknown option '--sed'/, /Did you mean --seed\?/]],
    ['start hexapod', [/robot "hexapod" does not exist; there are: .*rover/]],
    ['start --bridge-port 70000', [/--bridge-port/, /'70000'/, /from 0 to 65535/]],
    ['start --duration 0', [/--duration/, /'0'/, /above 0/]],
    ['build hexapod', [/robot "hexapod" does not exist; there are: .*rover/]],
    ['new', [/name the new robot, or a chip with --driver/]],
    ['new Crawler', [/robot name "Crawler"; allowed: a lower-case letter/]],
    ['new class', [/robot name "class" is a reserved word/]],
    ['new crawler --driver bme280', [/"crawler" and --driver bme280: one at a time/]],
    ['new --driver BME-280', [/--driver BME-280; allowed: a lower-case letter/]],
    ['new --driver bme280 --address 0x80', [/--address/, /'0x80'/, /whole number from 8 to 119/]],
    ['bridge', [/--port <path>/, /--port auto/, /--sim <robot>/]],
    ['bridge --port /dev/null --sim rover', [/'--port <path>' cannot be used with option '--sim <robot>'/]],
    ['bridge --sim hexapod', [/robot "hexapod" does not exist; there are: .*rover/]],
    ['monitor', [/--port <path>/, /--port auto/, /--sim <robot>/]],
    ['monitor --port /dev/null --sim rover', [/'--port <path>' cannot be used with option '--sim <robot>'/]],
    ['record', [/missing required argument 'file'/, /tendon record --help/]],
    ['record run.mcap', [/--port <path>/, /--port auto/, /--sim <robot>/]],
    ['export run.mcap', [/missing required argument 'directory'/, /tendon export --help/]],
    ['export run.mcap tables --format xls', [/Allowed choices are csv, parquet/]],
    ['types', [/whose types\?/]],
    ['types rovr', [/robot "rovr" does not exist; there are: /]],
    ['replay run.mcap --rate 0', [/Allowed: a number above 0 to 1000/]],
    ['replay run.mcap --to sim --loop', [/--loop does not go with --to/]],
    ['replay run.mcap --record again.mcap', [/--record belongs to --to/]],
    ['recover run.mcap', [/missing required argument 'out'/, /tendon recover --help/]],
    ['topic shout', [/unknown command 'shout'/, /tendon topic --help/]],
    ['topic echo', [/missing required argument 'topic'/]],
    ['topic echo /odom --count 0', [/--count/, /'0'/, /whole number from 1/]],
    ['topic echo /odom --rate x', [/--rate/, /'x'/, /above 0 to 1000/]],
    ['topic echo /odom --once --count 2', [/'--once' cannot be used with option '--count <n>'/]],
    ['topic pub /cmd_vel geometry_msgs/msg/Twist {linear:', [/needed a value at character 9, found the end/]],
]

describe('wrong usage', () => {
    it.concurrent.each(WRONG)('%s', async (line, says) => {
        const { code, stdout, stderr } = await tendon(...line.split(' '))
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
        for (const part of says) expect(stderr).toMatch(part)
    })
})
