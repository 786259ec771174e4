import type { IWritable } from '@mcap/core'
import { type FileHandle, open } from 'node:fs/promises'
import { RecordError } from './record-error'

/** A new file that is only ever appended to. */
export class AppendFile implements IWritable {
    private length = 0n
    private syncedLength = 0n

    private constructor(
        readonly path: string,
        private readonly handle: FileHandle,
    ) {}

    /** @throws RecordError `exists` rather than overwrite what is there; `unwritable` */
    static async create(path: string): Promise<AppendFile> {
        try {
            return new AppendFile(path, await open(path, 'wx'))
        } catch (cause) {
            const { code, message } = cause as NodeJS.ErrnoException
            if (code === 'EEXIST') {
                throw new RecordError('exists', `${path} exists: name another file, or remove it first`, { cause })
            }
            throw new RecordError('unwritable', `cannot create ${path}: ${message}`, { cause })
        }
    }

    /** @throws RecordError `disk-full`, `write` */
    async write(bytes: Uint8Array): Promise<void> {
        await this.attempt(async () => {
            for (let at = 0; at < bytes.length;) {
                const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at)
                at += bytesWritten
                this.length += BigInt(bytesWritten)
            }
        })
    }

    position(): bigint {
        return this.length
    }

    /** Has what was written since the last call reach the disk. Returns whether there was anything. @throws RecordError */
    async sync(): Promise<boolean> {
        if (this.syncedLength === this.length) return false
        await this.attempt(() => this.handle.datasync())
        this.syncedLength = this.length
        return true
    }

    async close(): Promise<void> {
        await this.handle.close()
    }

    private async attempt(action: () => Promise<void>): Promise<void> {
        try {
            await action()
        } catch (cause) {
            const { code, message } = cause as NodeJS.ErrnoException
            if (code === 'ENOSPC' || code === 'EDQUOT') {
                throw new RecordError('disk-full', `the disk is full: ${this.path} takes no more`, { cause })
            }
            throw new RecordError('write', `cannot write ${this.path}: ${message}`, { cause })
        }
    }
}
