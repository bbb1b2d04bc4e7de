package tillkit.ui

import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.ColorScheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Shapes
import androidx.compose.material3.Typography
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.Immutable
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp

/** The families that texts and receipts are set in. */
@Immutable
data class TillFonts(
    val text: FontFamily = FontFamily.Default,
    val receipt: FontFamily = FontFamily.Monospace,
)

/**
 * Colours that say a state, beside Material's. There is one red: the button and what is wrong; nothing
 * else is red. What waits is amber, what is right is green, and a word always stands beside the colour.
 */
@Immutable
data class StateColors(
    val good: Color,
    val wait: Color,
    val onWait: Color,
    val waitContainer: Color,
    val button: Color,
    val onButton: Color,
)

private val Light =
    lightColorScheme(
        primary = Color(0xFF23506B),
        onPrimary = Color.White,
        primaryContainer = Color(0xFFD3E6F2),
        onPrimaryContainer = Color(0xFF0B2A3B),
        secondary = Color(0xFF4F616D),
        onSecondary = Color.White,
        secondaryContainer = Color(0xFFE2EAEF),
        onSecondaryContainer = Color(0xFF1B2A33),
        tertiary = Color(0xFF5A5C7E),
        onTertiary = Color.White,
        error = Color(0xFFB3261E),
        onError = Color.White,
        errorContainer = Color(0xFFFBE4E1),
        onErrorContainer = Color(0xFF5C0F0A),
        background = Color(0xFFF7F9FA),
        onBackground = Color(0xFF182026),
        surface = Color(0xFFF7F9FA),
        onSurface = Color(0xFF182026),
        surfaceVariant = Color(0xFFE7ECEF),
        onSurfaceVariant = Color(0xFF4B565D),
        surfaceContainerLowest = Color.White,
        surfaceContainerLow = Color(0xFFFFFFFF),
        surfaceContainer = Color(0xFFF0F4F6),
        surfaceContainerHigh = Color(0xFFE9EEF1),
        surfaceContainerHighest = Color(0xFFE1E8EC),
        outline = Color(0xFF7A868D),
        outlineVariant = Color(0xFFD5DDE1),
    )

private val Dark =
    darkColorScheme(
        primary = Color(0xFF9CCBE6),
        onPrimary = Color(0xFF06344B),
        primaryContainer = Color(0xFF1F4A62),
        onPrimaryContainer = Color(0xFFD3E6F2),
        secondary = Color(0xFFB6C8D3),
        onSecondary = Color(0xFF21323C),
        secondaryContainer = Color(0xFF2C3B44),
        onSecondaryContainer = Color(0xFFDCE6EC),
        tertiary = Color(0xFFC3C3EB),
        onTertiary = Color(0xFF2C2E4D),
        error = Color(0xFFFFB4AB),
        onError = Color(0xFF690005),
        errorContainer = Color(0xFF5A1713),
        onErrorContainer = Color(0xFFFFDAD5),
        background = Color(0xFF10161A),
        onBackground = Color(0xFFE2E8EB),
        surface = Color(0xFF10161A),
        onSurface = Color(0xFFE2E8EB),
        surfaceVariant = Color(0xFF2A343A),
        onSurfaceVariant = Color(0xFFB9C4CB),
        surfaceContainerLowest = Color(0xFF0B1013),
        surfaceContainerLow = Color(0xFF182025),
        surfaceContainer = Color(0xFF1B242A),
        surfaceContainerHigh = Color(0xFF232D33),
        surfaceContainerHighest = Color(0xFF2D383F),
        outline = Color(0xFF87939A),
        outlineVariant = Color(0xFF343F46),
    )

private val LightStates =
    StateColors(
        good = Color(0xFF2A6B45),
        wait = Color(0xFF8A5A00),
        onWait = Color(0xFF4A3000),
        waitContainer = Color(0xFFFCEFD3),
        button = Color(0xFFC62828),
        onButton = Color.White,
    )

private val DarkStates =
    StateColors(
        good = Color(0xFF8FD3AA),
        wait = Color(0xFFF2C368),
        onWait = Color(0xFFF7E2B8),
        waitContainer = Color(0xFF43320F),
        button = Color(0xFFD0342C),
        onButton = Color.White,
    )

private val LocalStateColors = staticCompositionLocalOf { LightStates }
private val LocalFonts = staticCompositionLocalOf { TillFonts() }

/** What Material's theme has no place for. */
object TillTheme {
    val states: StateColors
        @Composable get() = LocalStateColors.current

    /** As wide as a receipt's 42 characters allow. */
    val receipt: TextStyle
        @Composable get() = TextStyle(fontFamily = LocalFonts.current.receipt, fontSize = 13.sp, lineHeight = 18.sp)

    /** The one number of the screen: read from an arm's length. */
    val hero: TextStyle
        @Composable get() =
            MaterialTheme.typography.displayLarge.copy(
                fontSize = 72.sp,
                lineHeight = 76.sp,
                fontWeight = FontWeight.Bold,
            )

    /** An amount that must be read at once. */
    val big: TextStyle
        @Composable get() =
            MaterialTheme.typography.displaySmall.copy(
                fontSize = 36.sp,
                lineHeight = 42.sp,
                fontWeight = FontWeight.Bold,
            )
}

@Composable
fun TillTheme(
    isDark: Boolean,
    fonts: TillFonts,
    content: @Composable () -> Unit,
) {
    val colors: ColorScheme = if (isDark) Dark else Light
    CompositionLocalProvider(
        LocalStateColors provides if (isDark) DarkStates else LightStates,
        LocalFonts provides fonts,
    ) {
        MaterialTheme(
            colorScheme = colors,
            typography = typography(fonts.text),
            shapes = Shapes(medium = RoundedCornerShape(14.dp), large = RoundedCornerShape(18.dp)),
            content = content,
        )
    }
}

/** Material's sizes in our family, digits as wide as each other so that amounts stand in columns. */
private fun typography(family: FontFamily): Typography {
    fun TextStyle.ours(weight: FontWeight? = null) =
        copy(
            fontFamily = family,
            fontFeatureSettings = "tnum",
            fontWeight = weight ?: fontWeight,
            letterSpacing = 0.sp,
        )
    val plain = Typography()
    return Typography(
        displayLarge = plain.displayLarge.ours(),
        displayMedium = plain.displayMedium.ours(),
        displaySmall = plain.displaySmall.ours(),
        headlineLarge = plain.headlineLarge.ours(FontWeight.SemiBold),
        headlineMedium = plain.headlineMedium.ours(FontWeight.SemiBold),
        headlineSmall = plain.headlineSmall.ours(FontWeight.SemiBold),
        titleLarge = plain.titleLarge.ours(FontWeight.SemiBold),
        titleMedium = plain.titleMedium.ours(FontWeight.SemiBold),
        titleSmall = plain.titleSmall.ours(FontWeight.SemiBold),
        bodyLarge = plain.bodyLarge.ours(),
        bodyMedium = plain.bodyMedium.ours(),
        bodySmall = plain.bodySmall.ours(),
        labelLarge = plain.labelLarge.ours(FontWeight.SemiBold),
        labelMedium = plain.labelMedium.ours(FontWeight.Medium),
        labelSmall = plain.labelSmall.ours(FontWeight.Medium),
    )
}
