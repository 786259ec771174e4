/** A robot that cannot be built: it does not exist, or its sources are refused. */
export class BuildError extends Error {
    override name = 'BuildError'
}
