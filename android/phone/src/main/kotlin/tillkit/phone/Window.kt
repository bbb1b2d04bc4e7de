package tillkit.phone

import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.toComposeImageBitmap
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.type
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.DpSize
import androidx.compose.ui.unit.dp
import androidx.compose.ui.window.Window
import androidx.compose.ui.window.application
import androidx.compose.ui.window.rememberWindowState
import org.jetbrains.skia.Image
import tillkit.ui.LocalPictures
import tillkit.ui.Strings
import tillkit.ui.TillApp
import tillkit.ui.bundledFonts

/** As large as the phone in the pictures. */
val PHONE = DpSize(390.dp, 844.dp)

/** Shows the app until its window is closed; Escape is the phone's Back. */
fun showWindow(
    phone: Phone,
    options: Options,
) = application(exitProcessOnExit = false) {
    Window(
        onCloseRequest = ::exitApplication,
        state = rememberWindowState(size = PHONE),
        title = "TillKit",
        onKeyEvent = { pressed ->
            pressed.key == Key.Escape && pressed.type == KeyEventType.KeyDown && phone.model.back()
        },
    ) {
        val density = Density(LocalDensity.current.density, options.fontScale)
        CompositionLocalProvider(LocalDensity provides density) {
            App(phone, options)
        }
    }
}

/** The app as both the window and a script show it. */
@Composable
fun App(
    phone: Phone,
    options: Options,
) = CompositionLocalProvider(LocalPictures provides ::bitmapOf) {
    TillApp(phone.model, Strings.of(options.language), isDark = options.isDark, fonts = bundledFonts())
}

private fun bitmapOf(file: ByteArray): ImageBitmap? =
    try {
        Image.makeFromEncoded(file).toComposeImageBitmap()
    } catch (_: IllegalArgumentException) {
        null
    }
