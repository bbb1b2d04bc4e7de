package tillkit

import com.sun.jna.Function
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

/** What is dropped or closed is freed: memory stands still while it is done over and over. */
class LeaksTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `fifty thousand subscriptions leave nothing behind`() = standsStill("subscribe", 50_000)

    @Test
    fun `an enrolled till opened and closed ten thousand times leaves nothing behind`() {
        test { BackOffice().use { office -> office.openTill(folder, "T1").close() } }
        standsStill("open", 10_000)
    }

    /** The first tenths are there to warm up: what is compiled while they run stays. */
    private fun standsStill(
        what: String,
        cycles: Int,
    ) {
        val child = Child("tillkit.Cycles", what, folder.path, "$cycles", options = STEADY_HEAP)
        val kib = generateSequence { child.line() }.map { it.toLong() }.toList()
        assertEquals(10, kib.size)
        println("$what: $kib KiB after each tenth of $cycles cycles")
        // The least of three tenths: threads of the core that happen to be idle, not yet ended, come and go.
        val grownKib = kib.slice(7..9).min() - kib.slice(2..4).min()
        // A screen is a KiB and a till many: what one of them left behind each time would be far more than this.
        assertTrue(grownKib < 4096, "$grownKib KiB more after the second half: $kib")
    }

    private companion object {
        /** A heap that is touched whole at the start, and a compiler that is soon done. */
        val STEADY_HEAP = "-Xms64m -Xmx64m -XX:+AlwaysPreTouch -XX:+UseSerialGC -XX:TieredStopAtLevel=1".split(" ")
    }
}

/** Does a cycle as often as it is told; prints the process's memory in KiB after each tenth. */
object Cycles {
    @JvmStatic
    fun main(arguments: Array<String>): Unit =
        runBlocking {
            val (what, folder, count) = arguments
            val services = servicesIn(File(folder))
            val preview = TillKit.preview()
            for (cycle in 1..count.toInt()) {
                when (what) {
                    "subscribe" -> preview.syncScreens.first()
                    "open" -> TillKit.open(folder, services).use { it.unsent() }
                }
                if (cycle % (count.toInt() / 10) == 0) println(residentKib())
            }
            preview.close()
        }

    /** What is held: garbage is collected, and what the C library keeps for later is given back. */
    private fun residentKib(): Long {
        repeat(3) {
            System.gc()
            System.runFinalization()
        }
        Function.getFunction("c", "malloc_trim").invokeInt(arrayOf(0))
        val line = File("/proc/self/status").readLines().first { it.startsWith("VmRSS:") }
        return line.filter { it.isDigit() }.toLong()
    }
}
