package tillkit.app

import android.graphics.BitmapFactory
import android.os.Build
import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.addCallback
import androidx.activity.compose.setContent
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asImageBitmap
import androidx.lifecycle.lifecycleScope
import kotlinx.coroutines.launch
import tillkit.platform.TillOwner
import tillkit.ui.AppModel
import tillkit.ui.Czech
import tillkit.ui.English
import tillkit.ui.LocalPictures
import tillkit.ui.TillApp
import java.util.Locale

/** The whole till, on one screen of Android's. Turning the phone does not make it anew (manifest). */
class MainActivity : ComponentActivity() {
    private val files = PickedFiles(this)

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val strings = if (Locale.getDefault().language == "cs") Czech else English
        lifecycleScope.launch {
            val till = (application as TillOwner).till()
            val model = AppModel(till, lifecycleScope, device = Build.MODEL, files = files)
            onBackPressedDispatcher.addCallback(this@MainActivity) { if (!model.back()) moveTaskToBack(true) }
            setContent {
                CompositionLocalProvider(LocalPictures provides ::bitmapOf) { TillApp(model, strings) }
            }
        }
    }
}

/** At about the width of a screen: a photograph as it is may not fit into memory. */
private fun bitmapOf(file: ByteArray): ImageBitmap? {
    val size = BitmapFactory.Options().apply { inJustDecodeBounds = true }
    BitmapFactory.decodeByteArray(file, 0, file.size, size)
    val scaled = BitmapFactory.Options().apply { inSampleSize = maxOf(size.outWidth, size.outHeight) / SIDE_PX + 1 }
    return BitmapFactory.decodeByteArray(file, 0, file.size, scaled)?.asImageBitmap()
}

private const val SIDE_PX = 1080
