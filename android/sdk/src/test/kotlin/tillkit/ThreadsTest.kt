package tillkit

import kotlinx.coroutines.ExecutorCoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import tillkit.fakes.FakeNetwork
import tillkit.fakes.FakePrinter
import tillkit.fakes.fakeServices
import tillkit.ffi.SessionInterface
import tillkit.ffi.SyncObserver
import tillkit.ffi.Till
import tillkit.ffi.TillInterface
import java.io.File
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Method
import java.lang.reflect.Proxy
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.Executors
import kotlin.time.Duration

/** Nothing of the core is called on the caller's thread, and the core calls nobody there. */
class ThreadsTest {
    @TempDir
    lateinit var folder: File

    /** By verb of the core: the threads that it was called on. */
    private val calls = ConcurrentHashMap<String, MutableSet<String>>()

    /** By foreign callback: the threads that it came on. */
    private val callbacks = ConcurrentHashMap<String, MutableSet<String>>()

    @Test
    fun `every verb of the till goes to the disk dispatcher`() =
        onCaller { disk ->
            val core = withContext(disk) { Till.preview() }
            val till = TillKit(recorded<TillInterface>(core), core, disk)
            val place = DocumentPlace("T1", 1u, 1u)
            val verbs: List<suspend () -> Any?> =
                listOf(
                    { till.enrol("http://127.0.0.1:1", "NONE", "phone") },
                    { till.enrolByQr("{}", "phone") },
                    { till.testConnection("http://127.0.0.1:1") },
                    { till.centres() },
                    { till.previewCentre("main") },
                    { till.chooseCentre("main") },
                    { till.sync(SyncAll) },
                    { till.confirmNews() },
                    { till.syncInBackground() },
                    { till.runFor(Duration.ZERO) },
                    { till.cancelSync() },
                    { till.syncScreen() },
                    { till.syncScreens.first() },
                    { till.settings() },
                    { till.history() },
                    { till.historyDays() },
                    { till.document(place) },
                    { till.objects("item") },
                    { till.objectView("item", "mug") },
                    { till.changes() },
                    { till.runs() },
                    { till.image("none") },
                    { till.unsent() },
                    { till.users() },
                    { till.print(place) },
                    { till.export() },
                    { till.importReceipt(byteArrayOf()) },
                    { till.signIn("anna", "1234").close() },
                    { till.suspend(Duration.ZERO) },
                    { till.resume() },
                )

            verbs.forEach { verb -> answered { verb() } }

            assertEquals(verbsOf<TillInterface>(), calls.keys)
            assertEquals(setOf("disk"), calls.values.flatten().toSet())
            till.close()
        }

    @Test
    fun `every verb of a cashier goes to the disk dispatcher`() =
        onCaller { disk ->
            val core = withContext(disk) { Till.preview() }
            val session = withContext(disk) { core.signIn("anna", "1234") }
            val anna = withContext(disk) { Cashier(recorded<SessionInterface>(session), session, disk) }
            val place = DocumentPlace("T1", 1u, 1u)
            val verbs: List<suspend () -> Any?> =
                listOf(
                    { anna.sellScreen() },
                    { anna.findCode("MUG") },
                    { anna.openDay() },
                    { anna.addCode("MUG") },
                    { anna.addItem("mug") },
                    { anna.addItemAt("mug", "1", "1.00", "dented") },
                    { anna.setQuantity(0, "2") },
                    { anna.removeLine(0) },
                    { anna.discountLine(0, PercentOff("10")) },
                    { anna.discountReceipt(AmountOff(1)) },
                    { anna.setCustomer(null) },
                    { anna.pay("cash", 1_00, "GBP") },
                    { anna.removeTender(0) },
                    { anna.payRest("cash") },
                    { anna.complete() },
                    { anna.cancelSale() },
                    { anna.hold("later") },
                    { anna.held() },
                    { anna.recall("none") },
                    { anna.discardHeld("none") },
                    { anna.returnGoods(emptyList(), "cash") },
                    { anna.voidDocument(place, "a test") },
                    { anna.moveCash(CashMove.PAY_IN, "cash", 1, "GBP", "a test") },
                    { anna.interim() },
                    { anna.closePeriod() },
                    { anna.closeDay() },
                    { anna.customers() },
                    { anna.makeCustomer(NewCustomer("Mrs Jones")) },
                    { anna.takeOrder(OrderWanted(listOf(GoodsLine("MUG", "1")))) },
                    { anna.moveGoods(GoodsMoved(StockMovement.WRITE_OFF, listOf(GoodsLine("MUG", "1")), "a test")) },
                    { anna.export() },
                    { anna.enrolAgain("http://127.0.0.1:1", "NONE", "phone") },
                    { anna.enrolAgainByQr("{}", "phone") },
                    { anna.editPrice("mug", "1.00") },
                    { anna.editReceiptFooter("main", emptyList()) },
                    { anna.changeCentre("other") },
                )

            verbs.forEach { verb -> answered { verb() } }

            assertEquals(verbsOf<SessionInterface>(), calls.keys)
            assertEquals(setOf("disk"), calls.values.flatten().toSet())
            anna.close()
            core.close()
        }

    @Test
    fun `services of the phone and observers are never called on the caller's thread`() =
        onCaller { disk ->
            BackOffice().use { office ->
                val keys = recordedCallbacks<SealingKeyStore>(memoryKeyStore())
                val hints = recordedCallbacks<NetworkHints>(FakeNetwork())
                val printer = recordedCallbacks<Printer>(FakePrinter())
                val till = TillKit.open(folder.path, fakeServices(keys, hints, printer), disk)
                till.enrol(office.url, office.pairingCode("T1"), "phone")
                till.chooseCentre("main")
                till.sync(SyncAll)
                till.syncScreens.first { it.canSell }
                till.signIn("bob", "4321").use { bob -> till.print(bob.sell("MUG").place) }
                till.close()
                TillKit.open(folder.path, fakeServices(keys), disk).close()
            }

            assertEquals(setOf("listen", "seal", "unseal", "print"), callbacks.keys)
            assertTrue(callbacks.values.flatten().none { it == "caller" }, "$callbacks")
        }

    @Test
    fun `screens are shown by the core's threads and collected on the collector's`() =
        onCaller { disk ->
            val core = withContext(disk) { Till.preview() }
            val till = TillKit(recorded<TillInterface>(core), core, disk)

            val collectedOn = till.syncScreens.first().let { thread() }

            assertEquals("caller", collectedOn)
            assertTrue(callbacks.getValue("show").none { it == "caller" || it == "disk" }, "$callbacks")
            till.close()
        }

    /** Runs a test on the one thread of a dispatcher, as screens run on the main thread. */
    private fun onCaller(body: suspend (disk: ExecutorCoroutineDispatcher) -> Unit) =
        test {
            val disk = Executors.newFixedThreadPool(2) { work -> Thread(work, "disk") }.asCoroutineDispatcher()
            val caller = Executors.newSingleThreadExecutor { work -> Thread(work, "caller") }.asCoroutineDispatcher()
            disk.use { caller.use { withContext(caller) { body(disk) } } }
        }

    /** The core, with a note of who calls what on which thread. */
    private inline fun <reified T : Any> recorded(core: T): T =
        proxy { method, arguments ->
            calls.note(method.name)
            val observed = arguments.map { if (it is SyncObserver) recordedCallbacks<SyncObserver>(it) else it }
            method.invoke(core, *observed.toTypedArray())
        }

    private inline fun <reified T : Any> recordedCallbacks(service: T): T =
        proxy { method, arguments ->
            callbacks.note(method.name)
            method.invoke(service, *arguments)
        }

    private inline fun <reified T : Any> proxy(crossinline called: (Method, Array<out Any?>) -> Any?): T {
        val made =
            Proxy.newProxyInstance(javaClass.classLoader, arrayOf(T::class.java)) { _, method, arguments ->
                try {
                    called(method, arguments ?: emptyArray())
                } catch (thrown: InvocationTargetException) {
                    throw thrown.targetException
                }
            }
        return made as T
    }

    private fun MutableMap<String, MutableSet<String>>.note(verb: String) {
        getOrPut(verb.substringBefore('-')) { ConcurrentHashMap.newKeySet() } += thread()
    }

    /** Coroutines in debug mode add their name to the thread's. */
    private fun thread() = Thread.currentThread().name.substringBefore(" @")

    private inline fun <reified T> verbsOf(): Set<String> =
        T::class.java.declaredMethods
            .map { it.name.substringBefore('-') }
            .toSet()

    private inline fun answered(verb: () -> Unit) {
        try {
            verb()
        } catch (thrown: Exception) {
            // A refusal is an answer too; a proxy wraps what its interface does not declare.
            if (generateSequence<Throwable>(thrown) { it.cause }.none { it is TillException }) throw thrown
        }
    }
}
