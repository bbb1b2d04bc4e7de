package tillkit.app

import android.os.Build
import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.addCallback
import androidx.activity.compose.setContent
import androidx.lifecycle.lifecycleScope
import kotlinx.coroutines.launch
import tillkit.platform.TillOwner
import tillkit.ui.AppModel
import tillkit.ui.Czech
import tillkit.ui.English
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
            setContent { TillApp(model, strings) }
        }
    }
}
