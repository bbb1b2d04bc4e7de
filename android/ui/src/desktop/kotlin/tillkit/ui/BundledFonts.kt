package tillkit.ui

import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.platform.Font

/**
 * The families in this module's resources, for desktops: the same on every machine, so that pictures
 * are. A phone takes the same files from its own resources.
 */
fun bundledFonts(): TillFonts =
    TillFonts(
        text =
            FontFamily(
                Font("fonts/Inter_400Regular.ttf", FontWeight.Normal),
                Font("fonts/Inter_500Medium.ttf", FontWeight.Medium),
                Font("fonts/Inter_600SemiBold.ttf", FontWeight.SemiBold),
                Font("fonts/Inter_700Bold.ttf", FontWeight.Bold),
            ),
        receipt = FontFamily(Font("fonts/JetBrainsMono_400Regular.ttf")),
    )
