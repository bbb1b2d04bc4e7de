package tillkit

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import tillkit.ffi.SyncObserver
import tillkit.ffi.Till
import tillkit.ffi.TillInterface
import java.util.concurrent.CancellationException
import kotlin.time.Duration

/**
 * The till on this phone: open one per folder, keep it for the life of the app, [close] it to free it.
 *
 * ```
 * val till = TillKit.open(folder, services)
 * till.enrol("https://office.example", "AB12-CD34", "Anna's phone")
 * till.chooseCentre("main")
 * till.sync(SyncAll)
 * till.signIn("anna", "1234").use { cashier ->
 *     cashier.addCode("5901234123457")
 *     cashier.payRest("cash")
 *     println(cashier.complete().text)
 * }
 * ```
 *
 * Threads: call it from any, the main thread too. Every verb goes to the `disk` dispatcher before it
 * touches the core; what needs the network runs on the core's own threads, so that no dispatcher thread
 * waits for it. A verb whose coroutine is cancelled answers nobody, but what it had begun on the disk is
 * done: a document is recorded or it is not, never half.
 *
 * Errors: every verb throws [TillException]; its [code] is to be translated, its [dataSafe] to be told.
 * After [close], `IllegalStateException`.
 */
class TillKit internal constructor(
    private val core: TillInterface,
    private val handle: AutoCloseable,
    private val disk: CoroutineDispatcher,
) : AutoCloseable {
    private val closed = Job()

    /**
     * The sync screen: the current one first, then whenever it changed, at most ten a second. Each
     * collector has a subscription of its own, dropped when the collection ends; a slow one misses
     * screens, never the latest. Completes when the till is closed.
     */
    val syncScreens: Flow<SyncScreen> =
        callbackFlow {
            val observer =
                object : SyncObserver {
                    override fun show(screen: SyncScreen) {
                        trySend(screen)
                    }
                }
            val subscription = core.observe(observer)
            launch {
                closed.join()
                channel.close()
            }
            awaitClose { subscription.use { it.cancel() } }
        }.conflate().flowOn(disk)

    /**
     * Turns this phone into a till with a pairing code from the back office at [url]; [device] is what
     * the back office calls the phone. If the answer is lost, call it again with the same code.
     */
    suspend fun enrol(
        url: String,
        code: String,
        device: String,
    ): EnrolledTill = off { core.enrol(url, code, device) }

    /** The same with the [text] of the back office's QR. */
    suspend fun enrolByQr(
        text: String,
        device: String,
    ): EnrolledTill = off { core.enrolByQr(text, device) }

    /**
     * Tests the connection, step by step: to [url], or to the back office of the enrolment. The first
     * bad step is the last.
     */
    suspend fun testConnection(url: String? = null): List<ConnectionStep> = off { core.testConnection(url) }

    /** The centres this till may choose from. */
    suspend fun centres(): List<CentreInfo> = off { core.centres() }

    /** What choosing [centre] would bring, and which local edits would go. */
    suspend fun previewCentre(centre: String): CentrePreview = off { core.previewCentre(centre) }

    /** Chooses the first centre; later ones are chosen by [Cashier.changeCentre]. Then sync everything. */
    suspend fun chooseCentre(centre: String): Unit = off { core.chooseCentre(centre) }

    /**
     * Starts what a row's icon or the red button asks for, or joins the run under way, and waits for its
     * end. Cancelling the coroutine ends the waiting, not the run: [cancelSync] does that. Null if the
     * till was closed meanwhile.
     */
    suspend fun sync(scope: SyncScope): SyncReport? = off { core.sync(scope).use { run -> run.wait() } }

    /** The banner, confirmed: what is published becomes what the till sells by. Waits as [sync] does. */
    suspend fun confirmNews(): SyncReport? = off { core.confirmNews().use { run -> run.wait() } }

    /**
     * What a scheduled job does while nobody looks: sends and fetches by the centre's policies, and never
     * applies what waits for the banner to be confirmed. Waits as [sync] does.
     */
    suspend fun syncInBackground(): SyncReport? = off { core.syncInBackground().use { run -> run.wait() } }

    /** The same within the [time] that the phone's scheduler gives; what is not done by then goes on next time. */
    suspend fun runFor(time: Duration): SyncReport? = off { core.runFor(time.inWholeSeconds.coerceAtLeast(0).toUInt()) }

    /** Stops the run under way at its next border; what has come stays, the next run goes on from it. */
    suspend fun cancelSync(): Unit = off { core.cancelSync() }

    /** The sync screen, now. */
    suspend fun syncScreen(): SyncScreen = off { core.syncScreen() }

    /** The settings screen, now. */
    suspend fun settings(): SettingsScreen = off { core.settingsScreen() }

    /**
     * A page of the history, newest first, [after] where the last ended: of these [kinds] (empty: all), of
     * a business [day], that have come as far as [mark].
     */
    suspend fun history(
        kinds: List<String> = emptyList(),
        day: String? = null,
        mark: DeliveryMark? = null,
        after: DocumentPlace? = null,
        limit: Int = 50,
    ): HistoryScreen = off { core.historyScreen(HistoryFilter(kinds, day, mark), after, limit.toUInt()) }

    /** The business days of this phone's documents, the latest first, at most [limit]. */
    suspend fun historyDays(limit: Int = 60): List<String> = off { core.historyDays(limit.toUInt()) }

    /** A document of this phone, as it is printed. */
    suspend fun document(place: DocumentPlace): DocumentView = off { core.document(place) }

    /**
     * A page of what this till holds of a [kind], by key, at most [limit] after the key [after]; with words
     * in [query]: all that is called like them, up to a hundred.
     */
    suspend fun objects(
        kind: String,
        query: String = "",
        after: String? = null,
        limit: Int = 50,
    ): ObjectsScreen = off { core.objectsScreen(kind, query, after, limit.toUInt()) }

    /** A row of a [kind] with all its facts. */
    suspend fun objectView(
        kind: String,
        key: String,
    ): ObjectView = off { core.objectView(kind, key) }

    /** A page of what the last syncs changed; with words in [query], of what is called like them. */
    suspend fun changes(
        query: String = "",
        after: ChangePlace? = null,
        limit: Int = 50,
    ): ChangesScreen = off { core.changesScreen(query, after, limit.toUInt()) }

    /** The last sync runs, the newest first; also as text for support. */
    suspend fun runs(limit: Int = 200): RunsScreen = off { core.runsScreen(limit.toUInt()) }

    /** A picture that came down with the attachments, by the key of its row (kind `image`). */
    suspend fun image(key: String): ByteArray? = off { core.image(key) }

    /** The badge: what the back office has not acknowledged. */
    suspend fun unsent(): UnsentView = off { core.unsent() }

    /** Who may sign in, by name. */
    suspend fun users(): List<UserChoice> = off { core.users() }

    /** Prints a document of this phone, durable by then. */
    suspend fun print(place: DocumentPlace): Unit = off { core.print(place) }

    /** As [Cashier.export], while nobody can sign in: this till was copied or restored. */
    suspend fun export(unsettled: Boolean = false): ExportFile = off { core.export(unsettled) }

    /** Reads the back office's receipt for a file: exactly what it covers is unsent no more. Any number of times. */
    suspend fun importReceipt(file: ByteArray): ReceiptRead = off { core.importReceipt(file) }

    /** Signs a cashier in by PIN, without any network; close the answer to sign out. */
    suspend fun signIn(
        user: String,
        pin: String,
    ): Cashier = made(disk) { core.signIn(user, pin).let { session -> Cashier(session, session, disk) } }

    /**
     * Lets go of both files before the phone puts the app to sleep; answers within about [deadline].
     * Until [resume], verbs throw [TillSuspended].
     */
    suspend fun suspend(deadline: Duration): SuspendOutcome {
        val deadlineMs = deadline.inWholeMilliseconds.coerceAtLeast(0)
        return off { core.suspend(deadlineMs.toULong()) }
    }

    /** Takes both files up again. */
    suspend fun resume(): Unit = off { core.resume() }

    /** Ends the lanes and frees the files. It may wait for the disk: not on the main thread. */
    override fun close() {
        closed.complete()
        handle.close()
    }

    private suspend fun <T> off(verb: suspend () -> T): T = withContext(disk) { verb() }

    companion object {
        /**
         * Opens the till in [folder], making what is missing. Exclude the folder from the phone's
         * backups: a copy is recognised and must enrol again.
         */
        suspend fun open(
            folder: String,
            services: TillServices,
            disk: CoroutineDispatcher = Dispatchers.IO,
        ): TillKit =
            made(disk) {
                val guarded = services.copy(network = services.network?.let(::GuardedHints))
                Till.open(folder, guarded).let { till -> TillKit(till, till, disk) }
            }

        /**
         * A till in memory with a small shop in it: user `anna`, PIN 1234. It sells; no back office ever
         * answers it.
         */
        suspend fun preview(disk: CoroutineDispatcher = Dispatchers.IO): TillKit =
            made(disk) { Till.preview().let { till -> TillKit(till, till, disk) } }

        /** Hands the core's log to the phone. The first sink wins; it stays for the life of the process. */
        suspend fun logTo(
            sink: LogSink,
            disk: CoroutineDispatcher = Dispatchers.IO,
        ): Unit = withContext(disk) { tillkit.ffi.logTo(GuardedLog(sink)) }
    }
}

/** Makes it on [disk]; what nobody waits for any more is closed, so that it holds no files. */
private suspend fun <T : AutoCloseable> made(
    disk: CoroutineDispatcher,
    make: () -> T,
): T {
    var made: T? = null
    try {
        return withContext(disk) { make().also { made = it } }
    } catch (cancelled: CancellationException) {
        withContext(NonCancellable + disk) { made?.close() }
        throw cancelled
    }
}
