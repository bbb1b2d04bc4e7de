package tillkit.ui

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.PathFillType
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.graphics.vector.addPathNodes
import androidx.compose.ui.unit.dp

/** The icons: strokes of one width on a field of 24, so that they look like one hand's. */
object Glyphs {
    val menu = glyph("M4,7H20M4,12H20M4,17H20")
    val back = glyph("M11,5L4,12L11,19M4,12H20")
    val close = glyph("M6,6L18,18M18,6L6,18")
    val sync = glyph("M5,10A7.5,7.5 0 0,1 18.5,8M19,4V8.5H14.5M19,14A7.5,7.5 0 0,1 5.5,16M5,20V15.5H9.5")
    val down = glyph("M12,4V19M6,13L12,19L18,13")
    val up = glyph("M12,20V5M6,11L12,5L18,11")
    val online = glyph("M3,9A13,13 0 0,1 21,9M6,12.5A8.5,8.5 0 0,1 18,12.5M9,16A4.2,4.2 0 0,1 15,16M12,19.6V19.7")
    val offline =
        glyph("M3,9A13,13 0 0,1 6.5,6.6M11,5.2A13,13 0 0,1 21,9M9,16A4.2,4.2 0 0,1 15,16M12,19.6V19.7M4,4L20,20")
    val check = glyph("M5,12.5L10,17.5L19,7")
    val checks = glyph("M2,12.5L7,17.5L15.5,7M11.5,16.5L12.5,17.5L21.5,7")
    val sealed = glyph("M12,3L20,6V11.5C20,16 16.8,19.5 12,21C7.2,19.5 4,16 4,11.5V6ZM8.5,12L11,14.5L15.5,9.5")
    val warning = glyph("M12,4L21,20H3ZM12,10V14.5M12,17.2V17.3")
    val clock = glyph("M12,3.5A8.5,8.5 0 1,1 11.99,3.5ZM12,7.5V12L15,14.5")
    val phone =
        glyph(
            "M8,3H16A1.5,1.5 0 0,1 17.5,4.5V19.5A1.5,1.5 0 0,1 16,21H8A1.5,1.5 0 0,1 6.5,19.5V4.5A1.5,1.5 0 0,1 8,3ZM11.5,18H12.5",
        )
    val circle = glyph("M12,4.5A7.5,7.5 0 1,1 11.99,4.5Z")
    val lock = glyph("M6.5,11H17.5V20H6.5ZM8.5,11V8A3.5,3.5 0 0,1 15.5,8V11")
    val cart = glyph("M3,4H5.5L8,15H18L20.5,7H6.2M9.5,19.2V19.3M16.5,19.2V19.3")
    val history = glyph("M6,3H18V21L15,19L12,21L9,19L6,21ZM9,8H15M9,12H15")
    val cash = glyph("M3,6.5H21V17.5H3ZM12,9.2A2.8,2.8 0 1,1 11.99,9.2ZM6,12H6.1M17.9,12H18")
    val settings =
        glyph("M4,7H13M19,7H20M4,17H6M12,17H20M16,4.5A2.5,2.5 0 1,1 15.99,4.5ZM9,14.5A2.5,2.5 0 1,1 8.99,14.5Z")
    val search = glyph("M10.5,4A6.5,6.5 0 1,1 10.49,4ZM15.5,15.5L20.5,20.5")
    val plus = glyph("M12,5V19M5,12H19")
    val minus = glyph("M5,12H19")
    val trash = glyph("M4.5,7H19.5M9.5,7V4.5H14.5V7M6.5,7L7.5,20H16.5L17.5,7M10.5,11V16M13.5,11V16")
    val tag = glyph("M4,4H12L20.5,12.5L12.5,20.5L4,12ZM8.2,8.2V8.3")
    val card = glyph("M3,6H21V18H3ZM3,10H21M6.5,14.5H10")
    val person = glyph("M12,4A4,4 0 1,1 11.99,4ZM4.5,20.5A7.5,6.5 0 0,1 19.5,20.5")
    val leave = glyph("M14,4H5V20H14M10,12H21M17,8L21,12L17,16")
    val pause = glyph("M8,5V19M16,5V19")
    val print = glyph("M7,9V4H17V9M7,17H4V9H20V17H17M7,14H17V20H7Z")
    val backspace = glyph("M9,6H21V18H9L3,12ZM12.5,9.5L17.5,14.5M17.5,9.5L12.5,14.5")
    val chevronDown = glyph("M6,9.5L12,15.5L18,9.5")
    val chevronUp = glyph("M6,14.5L12,8.5L18,14.5")
    val chevronRight = glyph("M9.5,6L15.5,12L9.5,18")
    val scan = glyph("M4,8V4H8M16,4H20V8M20,16V20H16M8,20H4V16M7.5,8V16M11,8V16M13.5,8V16M16.5,8V16")
    val more = glyph("M12,5.5V5.6M12,12V12.1M12,18.5V18.6", width = 3f)
    val pencil = glyph("M4,20L5,16L16.5,4.5L19.5,7.5L8,19ZM14.5,6.5L17.5,9.5")
    val box = glyph("M4,8L12,4L20,8V16.5L12,20.5L4,16.5ZM4,8L12,12L20,8M12,12V20.5")
    val shop =
        glyph(
            "M4,10V20H20V10M3,10L5,4H19L21,10M3,10A3,2.5 0 0,0 9,10A3,2.5 0 0,0 15,10A3,2.5 0 0,0 21,10M10,20V15H14V20",
        )

    private fun glyph(
        path: String,
        width: Float = 2f,
    ): ImageVector =
        ImageVector
            .Builder(defaultWidth = 24.dp, defaultHeight = 24.dp, viewportWidth = 24f, viewportHeight = 24f)
            .addPath(
                pathData = addPathNodes(path),
                pathFillType = PathFillType.NonZero,
                stroke = SolidColor(Color.Black),
                strokeLineWidth = width,
                strokeLineCap = StrokeCap.Round,
                strokeLineJoin = StrokeJoin.Round,
            ).build()
}
