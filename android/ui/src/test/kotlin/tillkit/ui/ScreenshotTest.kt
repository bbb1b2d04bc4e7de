package tillkit.ui

import androidx.compose.ui.graphics.toAwtImage
import androidx.compose.ui.test.ExperimentalTestApi
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import java.awt.image.BufferedImage
import java.io.File
import javax.imageio.ImageIO
import kotlin.math.abs

/** Every page looks as it did when somebody last looked at its picture and found it good. */
@OptIn(ExperimentalTestApi::class)
class ScreenshotTest {
    @ParameterizedTest(name = "{0}")
    @MethodSource("shots")
    fun `a page looks as in its picture`(shot: Shot) =
        onPhone(shot) {
            waitForIdle()
            val actual = opaque(captureToImage().toAwtImage())
            val kept = File(System.getProperty("screenshots.dir"), "${shot.name}.png")
            if (System.getProperty("screenshots.write").toBoolean()) {
                kept.parentFile.mkdirs()
                ImageIO.write(actual, "png", kept)
                return@onPhone
            }
            val differing = if (kept.exists()) differing(ImageIO.read(kept), actual) else 1.0
            if (differing > MOST_DIFFERING) {
                val found = File("target/screenshots/${shot.name}.png")
                found.parentFile.mkdirs()
                ImageIO.write(actual, "png", found)
            }
            assertTrue(
                differing <= MOST_DIFFERING,
            ) { "${shot.name}: ${"%.2f".format(differing * 100)} % of the pixels differ" }
        }

    private fun opaque(image: BufferedImage): BufferedImage {
        val opaque = BufferedImage(image.width, image.height, BufferedImage.TYPE_INT_RGB)
        opaque.createGraphics().run {
            drawImage(image, 0, 0, null)
            dispose()
        }
        return opaque
    }

    /** The part of the pixels that anybody could see a difference in. */
    private fun differing(
        expected: BufferedImage,
        actual: BufferedImage,
    ): Double {
        if (expected.width != actual.width || expected.height != actual.height) return 1.0
        var differing = 0
        for (y in 0 until actual.height) {
            for (x in 0 until actual.width) {
                if (isSeen(expected.getRGB(x, y), actual.getRGB(x, y))) differing++
            }
        }
        return differing.toDouble() / (actual.width * actual.height)
    }

    private fun isSeen(
        expected: Int,
        actual: Int,
    ): Boolean =
        listOf(16, 8, 0).any { shift ->
            abs((expected shr shift and 0xFF) - (actual shr shift and 0xFF)) >
                TOLERANCE
        }

    private companion object {
        const val MOST_DIFFERING = 0.005
        const val TOLERANCE = 12

        @JvmStatic
        fun shots() = Shots.all
    }
}
