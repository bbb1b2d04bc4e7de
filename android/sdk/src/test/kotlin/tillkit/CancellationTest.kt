package tillkit

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import tillkit.fakes.fakeServices
import tillkit.ffi.SyncObserver
import tillkit.ffi.SyncSubscription
import tillkit.ffi.Till
import tillkit.ffi.TillInterface
import java.io.File
import java.util.concurrent.CountDownLatch

/** What a cancelled coroutine leaves behind: nothing that is held, nothing that is half done. */
class CancellationTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a cancelled sync goes on, and the next one joins it`() =
        test {
            BackOffice().use { office ->
                val line = SlowLine(office.url, 4_000)
                TillKit.open(folder.path, servicesIn(folder)).use { till ->
                    till.enrol(line.url, office.pairingCode("T1"), "phone")
                    till.chooseCentre("main")
                    val cancelled = launch { till.sync(SyncAll) }
                    till.syncScreens.first { it.run != null }
                    cancelled.cancelAndJoin()
                    assertTrue(till.syncScreen().run != null)

                    val joined = async(start = CoroutineStart.UNDISPATCHED) { till.sync(SyncAll) }
                    // On a busy machine the run could end before it has been asked for again.
                    repeat(10) { till.syncScreen() }
                    line.free()

                    assertTrue(joined.await()!!.isComplete)
                    // One more where what the till asks by itself came first: that does less, and is not joined.
                    assertTrue(till.syncScreen().lastRun!!.number <= 2UL)
                }
            }
        }

    @Test
    fun `a till whose opening was cancelled holds no files`() =
        test {
            val opening = CountDownLatch(1)
            val cancelled = CountDownLatch(1)
            val slow =
                object : NetworkHints {
                    override fun listen(listener: NetworkListener) {
                        opening.countDown()
                        cancelled.await()
                    }
                }
            val open = async(Dispatchers.Default) { TillKit.open(folder.path, fakeServices(network = slow)) }
            withContext(Dispatchers.IO) { opening.await() }
            open.cancel()
            cancelled.countDown()
            open.join()
            assertTrue(open.isCancelled)
            assertEquals(emptyList<String>(), openFilesIn(folder))
        }

    @Test
    fun `a collection that ends drops its subscription`() =
        test {
            val subscriptions = mutableListOf<SyncSubscription>()
            val core = Till.preview()
            val watched =
                object : TillInterface by core {
                    override fun observe(observer: SyncObserver) = core.observe(observer).also { subscriptions += it }
                }
            TillKit(watched, core, Dispatchers.IO).use { till ->
                till.syncScreens.first()
                assertTrue(subscriptions.single().uniffiIsDestroyed)

                val shown = CompletableDeferred<Unit>()
                val collection = launch { till.syncScreens.collect { shown.complete(Unit) } }
                shown.await()
                collection.cancelAndJoin()
                assertEquals(2, subscriptions.size)
                assertTrue(subscriptions.last().uniffiIsDestroyed)
            }
        }

    @Test
    fun `the screens of a till that is closed end`() =
        test {
            val till = TillKit.preview()
            val shown = CompletableDeferred<Unit>()
            val screens = async { till.syncScreens.also { shown.complete(Unit) }.toList() }
            shown.await()
            till.syncScreens.first()
            till.close()
            assertTrue(screens.await().size <= 1)
        }

    @Test
    fun `a till that is closed answers no more`() =
        test {
            val till = TillKit.preview()
            till.close()
            till.close()
            val thrown = runCatching { till.unsent() }.exceptionOrNull()
            assertTrue(thrown is IllegalStateException && thrown !is CancellationException, "$thrown")
        }

    private fun openFilesIn(folder: File): List<String> =
        File("/proc/self/fd")
            .listFiles()
            .orEmpty()
            .mapNotNull { runCatching { it.toPath().toRealPath().toString() }.getOrNull() }
            .filter { it.startsWith(folder.canonicalPath + "/") }
}
