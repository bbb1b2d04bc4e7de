package tillkit.platform

import android.content.Context

/** Certificates are verified by Android, with the owner's own authorities: the core asks it through the JVM. */
object Https {
    init {
        System.loadLibrary("tillkit_ffi")
    }

    /** Once, before a till is opened. Again is harmless. */
    @JvmStatic
    external fun begin(context: Context)
}
