package tillkit.app

import android.net.Uri
import androidx.activity.ComponentActivity
import androidx.activity.result.contract.ActivityResultContracts
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import tillkit.ui.Files
import java.io.FileNotFoundException

/** Android's own pages to save and to choose a document. Make it before the activity has started. */
class PickedFiles(
    private val activity: ComponentActivity,
) : Files {
    private var answer = CompletableDeferred<Uri?>()

    private val creating =
        activity.registerForActivityResult(ActivityResultContracts.CreateDocument("application/octet-stream")) {
            answer.complete(it)
        }

    private val opening =
        activity.registerForActivityResult(ActivityResultContracts.OpenDocument()) { answer.complete(it) }

    override suspend fun save(
        name: String,
        bytes: ByteArray,
    ): Boolean {
        val place = chosen { creating.launch(name) } ?: return false
        withContext(Dispatchers.IO) {
            val out = activity.contentResolver.openOutputStream(place) ?: throw FileNotFoundException("$place")
            out.use { it.write(bytes) }
        }
        return true
    }

    override suspend fun pick(): ByteArray? {
        val place = chosen { opening.launch(arrayOf("*/*")) } ?: return null
        return withContext(Dispatchers.IO) {
            val file = activity.contentResolver.openInputStream(place) ?: throw FileNotFoundException("$place")
            file.use { it.readBytes() }
        }
    }

    /** What is chosen on the page that `launch` opens; whoever asked before gets nothing. */
    private suspend fun chosen(launch: () -> Unit): Uri? {
        answer.complete(null)
        val asked = CompletableDeferred<Uri?>()
        answer = asked
        launch()
        return asked.await()
    }
}
