package tillkit.platform

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import tillkit.SealingKeyStore
import tillkit.ServiceFailed
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * Seals with an AES key that never leaves the phone's key store. The key is in no backup and does not
 * move to another phone: what it sealed cannot be opened there, and the till knows itself for a copy.
 *
 * No screen lock is asked for: a till is opened after a restart at night, too.
 */
class AndroidKeyStoreSeal internal constructor(
    private val keys: SealingKeys,
) : SealingKeyStore {
    constructor(alias: String = "tillkit") : this(AndroidKeys(alias))

    override fun seal(secret: ByteArray): ByteArray =
        orFailed {
            val cipher = Cipher.getInstance(TRANSFORMATION)
            cipher.init(Cipher.ENCRYPT_MODE, keys.find() ?: keys.make())
            byteArrayOf(cipher.iv.size.toByte()) + cipher.iv + cipher.doFinal(secret)
        }

    override fun unseal(sealed: ByteArray): ByteArray =
        orFailed {
            // Made anew, the key could open nothing: a missing one is said to be missing.
            val key = keys.find() ?: throw ServiceFailed("the key of this till is not on this phone")
            val start = 1 + (sealed.firstOrNull() ?: throw ServiceFailed("nothing is sealed here"))
            if (start !in 1..sealed.size) throw ServiceFailed("what is sealed is cut off")
            val cipher = Cipher.getInstance(TRANSFORMATION)
            cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 1, start - 1))
            cipher.doFinal(sealed, start, sealed.size - start)
        }

    private inline fun orFailed(work: () -> ByteArray): ByteArray =
        try {
            work()
        } catch (refused: GeneralSecurityException) {
            throw ServiceFailed("${refused.javaClass.simpleName}: ${refused.message}")
        }

    private companion object {
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val TAG_BITS = 128
    }
}

/** Where the key is. */
internal interface SealingKeys {
    /** The key, if it was made on this phone. */
    fun find(): SecretKey?

    /** Makes it. */
    fun make(): SecretKey
}

/** The phone's own key store; in a secure chip where there is one, StrongBox is not asked for. */
internal class AndroidKeys(
    private val alias: String,
) : SealingKeys {
    override fun find(): SecretKey? =
        KeyStore.getInstance(PROVIDER).run {
            load(null)
            getKey(alias, null) as SecretKey?
        }

    override fun make(): SecretKey {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec =
            KeyGenParameterSpec
                .Builder(alias, purposes)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(256)
                .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).run {
            init(spec)
            generateKey()
        }
    }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"
    }
}
