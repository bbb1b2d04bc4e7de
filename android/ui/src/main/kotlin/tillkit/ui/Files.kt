package tillkit.ui

import java.io.IOException

/** Where files go and come from: a phone's picker, a folder of a desktop. The shell of an app has one. */
interface Files {
    /**
     * Lets a place be chosen for a file that may be called `name`, and writes it there; false if nobody
     * chose one.
     */
    @Throws(IOException::class)
    suspend fun save(
        name: String,
        bytes: ByteArray,
    ): Boolean

    /** Lets a file be chosen, and reads it; nothing if nobody chose one. */
    @Throws(IOException::class)
    suspend fun pick(): ByteArray?
}
