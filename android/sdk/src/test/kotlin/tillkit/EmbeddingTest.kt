package tillkit

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** The page that tells how to embed the SDK tells the truth. */
class EmbeddingTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `an app made of the page's snippets is enrolled, syncs, sells and sends`() =
        test {
            val shown = mutableListOf<String>()
            BackOffice().use { office ->
                Embedding.open(folder).use { till ->
                    Embedding.setUp(till, office.qr)
                    Embedding.firstSync(till, shown::add)
                    Embedding.sell(till, shown::add)
                    Embedding.send(till, shown::add)
                    Embedding.refusals(till, "0000", shown::add)
                    Embedding.background(till)
                    Embedding.inTests()
                }
            }

            assertTrue(shown.any { "Earl Grey Tea" in it && "Blue Mug" in it }, "$shown")
            assertEquals(listOf("1 unsent", "0 unsent"), shown.filter { it.endsWith("unsent") })
            assertTrue(shown.last().startsWith("[wrong-pin] "), shown.last())
        }

    @Test
    fun `the page shows the snippets as they are compiled`() {
        val source = File("src/test/kotlin/tillkit/Embedding.kt").readText()
        val compiled = SNIPPET.findAll(source).map { it.groupValues[1].trimIndent().trim() }.toList()
        val page = File("../../docs/embedding-android.md").readText()
        val shown = FENCED.findAll(page).map { it.groupValues[1].trim() }.toList()

        assertTrue(compiled.isNotEmpty())
        assertEquals(compiled, shown)
    }

    private companion object {
        val SNIPPET = Regex("""// \[(?!end)[a-z-]+]\n(.*?) *// \[end]""", RegexOption.DOT_MATCHES_ALL)
        val FENCED = Regex("""```kotlin\n(.*?)```""", RegexOption.DOT_MATCHES_ALL)
    }
}
