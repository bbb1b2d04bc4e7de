package tillkit.platform

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import tillkit.NetworkHints
import tillkit.NetworkListener

/**
 * Tells the till when the phone's default network appears. Android calls on a thread of its own, never
 * on the main thread. Needs the permission `ACCESS_NETWORK_STATE`; [close] it with the till.
 */
class ConnectivityHints(
    context: Context,
) : NetworkHints,
    AutoCloseable {
    private val connectivity = checkNotNull(context.getSystemService(ConnectivityManager::class.java))
    private var callback: ConnectivityManager.NetworkCallback? = null

    @Synchronized
    override fun listen(listener: NetworkListener) {
        close()
        callback =
            object : ConnectivityManager.NetworkCallback() {
                override fun onAvailable(network: Network) = listener.networkAppeared()
            }.also(connectivity::registerDefaultNetworkCallback)
    }

    @Synchronized
    override fun close() {
        callback?.let(connectivity::unregisterNetworkCallback)
        callback = null
    }
}
