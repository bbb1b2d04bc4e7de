package tillkit.platform

import android.content.Context
import java.io.File

/**
 * The till's folder, where no backup looks: a restored till would be a copy that must enrol again. The
 * rules in `res/xml` keep the rest of the app's backup free of it as well.
 */
fun Context.tillFolder(): File = File(noBackupFilesDir, "till").apply { mkdirs() }
