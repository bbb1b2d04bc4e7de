#if canImport(Security) && canImport(CryptoKit)
  import CryptoKit
  import Foundation
  import Security

  /// Seals the till's secrets with a key in this device's Keychain. The item is of this device only: it is
  /// in no backup and moves to no other phone, so a copied till cannot open what it has copied. It is
  /// readable after the first unlock, so that a sync in the background works on a locked phone.
  ///
  /// Not verified on a device.
  public final class KeychainKeyStore: SealingKeyStore {
    private let account: String

    /// One key per `account`, made at first use.
    public init(account: String = "till") { self.account = account }

    public func seal(secret: Data) throws -> Data {
      let box = try AES.GCM.seal(secret, using: try key() ?? makeKey())
      guard let sealed = box.combined else { throw ServiceError.Failed(reason: "nothing was sealed") }
      return sealed
    }

    public func unseal(sealed: Data) throws -> Data {
      guard let key = try key() else { throw ServiceError.Failed(reason: "this device has no key") }
      return try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key)
    }

    private var item: [CFString: Any] {
      [kSecClass: kSecClassGenericPassword, kSecAttrService: "tillkit", kSecAttrAccount: account]
    }

    private func key() throws -> SymmetricKey? {
      var found: CFTypeRef?
      let asked: [CFString: Any] = [kSecReturnData: true, kSecMatchLimit: kSecMatchLimitOne]
      let status = SecItemCopyMatching(item.merging(asked) { $1 } as CFDictionary, &found)
      switch (status, found as? Data) {
      case (errSecSuccess, let data?): return SymmetricKey(data: data)
      case (errSecItemNotFound, _): return nil
      default: throw ServiceError.Failed(reason: "the Keychain says \(status)")
      }
    }

    private func makeKey() throws -> SymmetricKey {
      let key = SymmetricKey(size: .bits256)
      let made: [CFString: Any] = [
        kSecValueData: key.withUnsafeBytes { Data($0) },
        kSecAttrAccessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
      ]
      let status = SecItemAdd(item.merging(made) { $1 } as CFDictionary, nil)
      guard status == errSecSuccess else {
        throw ServiceError.Failed(reason: "the Keychain says \(status)")
      }
      return key
    }
  }
#endif
