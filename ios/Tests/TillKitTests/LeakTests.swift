import Testing

/// In a process of its own, so that no other test is measured; the second half of the cycles, so that
/// what is made once is not.
@Suite struct LeakTests {
  @Test func tenThousandObserversLeaveNothingBehind() throws {
    let grewKiB = try #require(try probe("observe", "10000").readLine().flatMap { Int($0) })
    #expect(grewKiB < 1_024)
  }

  @Test func tenThousandOpenedTillsLeaveNothingBehind() throws {
    let folder = try Folder()
    let grewKiB = try #require(try probe("open", folder.till.path, "10000").readLine().flatMap { Int($0) })
    #expect(grewKiB < 1_024)
  }
}
