// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {VmSafe} from "forge-std/Vm.sol";

import {Directory} from "../../src/Directory.sol";
import {IDirectory} from "../../src/interfaces/IDirectory.sol";
import {
    AssetListing,
    AssetTokenListing,
    BookListing,
    BookTerms,
    ChainListing,
    DirectoryGenesis,
    RiskWeights,
    Settler
} from "../../src/types/Listings.sol";
import {VaultTest} from "../support/VaultTest.sol";

contract DirectoryTest is VaultTest {
    Directory private _directory;
    address private _executor = makeAddr("executor");
    address private _settler = makeAddr("settler");
    address private _feeAccount = makeAddr("fee account");
    address private _insurance = makeAddr("insurance account");
    address private _weth = makeAddr("weth");
    address private _usdc = makeAddr("usdc");

    function setUp() public override {
        super.setUp();
        _directory = new Directory(address(authority), genesis());
    }

    // ---------------------------------------------------------------- genesis

    function test_constructor_logsEverything() public {
        vm.recordLogs();
        Directory directory = new Directory(address(authority), genesis());
        assertReplays(address(directory), vm.getRecordedLogs());
        assertEq(directory.count(), 13, "1 chain, 2 assets with weights, 2 tokens, 1 book with terms, 4 roles");
        assertEq(directory.authority(), address(authority));
        assertEq(directory.executor(), _executor);
        assertEq(directory.feeAccount(), _feeAccount);
        assertEq(directory.insuranceAccount(), _insurance);
        assertEq(directory.newestAsset(), 2);
        assertEq(directory.newestBook(), 1);
        assertTrue(directory.isChainListed(1));
        assertEq(directory.assetOf(1, _weth), 1);
        assertEq(directory.tokenOf(2, 1), _usdc);
        assertSettler(directory, _settler, 2, bytes32(uint256(6)));
    }

    function test_constructor_revertsIfARoleIsMissing() public {
        DirectoryGenesis memory listing = genesis();
        listing.executor = address(0);
        vm.expectRevert(IDirectory.Directory_ZeroAddress.selector);
        new Directory(address(authority), listing);
        listing = genesis();
        listing.feeAccount = address(0);
        vm.expectRevert(IDirectory.Directory_ZeroAddress.selector);
        new Directory(address(authority), listing);
        listing = genesis();
        listing.insuranceAccount = address(0);
        vm.expectRevert(IDirectory.Directory_ZeroAddress.selector);
        new Directory(address(authority), listing);
        listing = genesis();
        listing.settler.signer = address(0);
        vm.expectRevert(IDirectory.Directory_ZeroAddress.selector);
        new Directory(address(authority), listing);
    }

    // ---------------------------------------------------------------- who

    function test_everyChange_isTheGovernorsAlone() public {
        bytes[10] memory calls = [
            abi.encodeCall(IDirectory.listChain, (chain(10))),
            abi.encodeCall(IDirectory.listAsset, (asset(3, "MEME"))),
            abi.encodeCall(IDirectory.changeAssetRisk, (1, weights())),
            abi.encodeCall(IDirectory.listAssetToken, (AssetTokenListing(1, 1, makeAddr("token"), 18))),
            abi.encodeCall(IDirectory.listBook, (book(2))),
            abi.encodeCall(IDirectory.changeBook, (1, BookTerms(1, 2, 3))),
            abi.encodeCall(IDirectory.changeExecutor, (alice)),
            abi.encodeCall(IDirectory.changeSettler, (Settler(alice, 3, "x"))),
            abi.encodeCall(IDirectory.changeFeeAccount, (alice)),
            abi.encodeCall(IDirectory.changeInsuranceAccount, (alice))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_NotGovernor.selector, council));
            vm.prank(council);
            (bool ignored,) = address(_directory).call(calls[i]);
            ignored;
        }
    }

    function test_revocations_areTheCouncilsAtOnce() public {
        vm.expectEmit(address(_directory));
        emit IDirectory.ExecutorChanged(13, address(0));
        vm.prank(council);
        _directory.revokeExecutor();
        vm.expectEmit(address(_directory));
        emit IDirectory.SettlerChanged(14, address(0), 0, 0);
        vm.prank(council);
        _directory.revokeSettler();
        assertEq(_directory.executor(), address(0));
        assertSettler(_directory, address(0), 0, 0);

        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_NotCouncil.selector, governor));
        _directory.revokeExecutor();
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_NotCouncil.selector, governor));
        _directory.revokeSettler();
        _directory.changeExecutor(alice);
        assertEq(_directory.executor(), alice);
    }

    // ---------------------------------------------------------------- chains

    function test_listChain_logsIt() public {
        vm.expectEmit(address(_directory));
        emit IDirectory.ChainListed(13, 10, address(registry), address(authority), 1, 60);
        vm.prank(governor);
        _directory.listChain(ChainListing(10, address(registry), address(authority), 1, 60));
        assertTrue(_directory.isChainListed(10));
    }

    function test_listChain_revertsIfListedOrMalformed() public {
        ChainListing memory listing = chain(1);
        expectChainRefused(listing, abi.encodeWithSelector(IDirectory.Directory_ChainAlreadyListed.selector, 1));
        expectChainRefused(chain(0), abi.encodeWithSelector(IDirectory.Directory_ChainIdOutOfRange.selector, 0));
        expectChainRefused(
            chain(1 << 53), abi.encodeWithSelector(IDirectory.Directory_ChainIdOutOfRange.selector, 1 << 53)
        );
        listing = chain(10);
        listing.registry = address(0);
        expectChainRefused(listing, abi.encodeWithSelector(IDirectory.Directory_ZeroAddress.selector));
        listing = chain(10);
        listing.authority = address(0);
        expectChainRefused(listing, abi.encodeWithSelector(IDirectory.Directory_ZeroAddress.selector));
        listing.authority = listing.registry;
        expectChainRefused(
            listing, abi.encodeWithSelector(IDirectory.Directory_RegistryIsAuthority.selector, listing.registry)
        );
        listing = chain(10);
        listing.finality = 2;
        expectChainRefused(listing, abi.encodeWithSelector(IDirectory.Directory_UnknownFinality.selector, 2));
        listing = chain(10);
        listing.heartbeatSeconds = 0;
        expectChainRefused(listing, abi.encodeWithSelector(IDirectory.Directory_HeartbeatOutOfRange.selector, 0));
        listing.heartbeatSeconds = 1_201;
        expectChainRefused(listing, abi.encodeWithSelector(IDirectory.Directory_HeartbeatOutOfRange.selector, 1_201));
    }

    function test_listChain_takesAnyChainIdThatEveryLanguageCanCount() public {
        vm.prank(governor);
        _directory.listChain(chain((1 << 53) - 1));
        assertTrue(_directory.isChainListed((1 << 53) - 1));
    }

    function test_listChain_revertsIfTheHomeChainHasAStrangersAuthority() public {
        DirectoryGenesis memory listing = genesis();
        listing.chains[0].authority = makeAddr("somebody else's authority");
        vm.expectRevert(
            abi.encodeWithSelector(IDirectory.Directory_NotOwnAuthority.selector, listing.chains[0].authority)
        );
        new Directory(address(authority), listing);
    }

    // ---------------------------------------------------------------- assets

    function test_listAsset_logsAssetAndWeights() public {
        vm.expectEmit(address(_directory));
        emit IDirectory.AssetListed(13, 7, "MEME", 6);
        vm.expectEmit(address(_directory));
        emit IDirectory.AssetRiskChanged(14, 7, 500_000, 1_500_000, 600_000, 1_400_000);
        vm.prank(governor);
        _directory.listAsset(asset(7, "MEME"));
        assertEq(_directory.newestAsset(), 7);
    }

    function test_listAsset_revertsIfTheIdDoesNotGrow() public {
        expectAssetRefused(asset(2, "X"), abi.encodeWithSelector(IDirectory.Directory_IdNotGrowing.selector, 2, 2));
        expectAssetRefused(asset(0, "X"), abi.encodeWithSelector(IDirectory.Directory_IdNotGrowing.selector, 0, 2));
    }

    function test_listAsset_revertsIfMalformed() public {
        AssetListing memory listing = asset(3, "");
        expectAssetRefused(listing, abi.encodeWithSelector(IDirectory.Directory_EmptySymbol.selector, 3));
        listing = asset(3, "X");
        listing.ledgerDecimals = 19;
        expectAssetRefused(listing, abi.encodeWithSelector(IDirectory.Directory_TooManyDecimals.selector, 19));
    }

    function test_weights_mustBeInOrder() public {
        RiskWeights[4] memory wrong = [
            RiskWeights(700_000, 1_500_000, 600_000, 1_400_000),
            RiskWeights(500_000, 1_500_000, 1_000_001, 1_400_000),
            RiskWeights(500_000, 1_500_000, 600_000, 999_999),
            RiskWeights(500_000, 1_300_000, 600_000, 1_400_000)
        ];
        vm.startPrank(governor);
        for (uint256 i = 0; i < wrong.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_WeightsOutOfOrder.selector, 1));
            _directory.changeAssetRisk(1, wrong[i]);
        }
        _directory.changeAssetRisk(1, RiskWeights(1_000_000, 1_000_000, 1_000_000, 1_000_000));
    }

    function test_changeAssetRisk_revertsIfNotListed() public {
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_AssetNotListed.selector, 3));
        vm.prank(governor);
        _directory.changeAssetRisk(3, weights());
    }

    function test_listAssetToken_mapsBothWays() public {
        address token_ = makeAddr("weth on ten");
        vm.startPrank(governor);
        _directory.listChain(chain(10));
        vm.expectEmit(address(_directory));
        emit IDirectory.AssetTokenListed(14, 1, 10, token_, 8);
        _directory.listAssetToken(AssetTokenListing(1, 10, token_, 8));
        assertEq(_directory.assetOf(10, token_), 1);
        assertEq(_directory.assetOf(1, token_), 0);
        assertEq(_directory.tokenOf(1, 10), token_);
    }

    function test_listAssetToken_revertsIfUnknownOrTwiceOrMalformed() public {
        vm.startPrank(governor);
        _directory.listAsset(asset(3, "MEME"));
        address other = makeAddr("other");
        expectTokenRefused(4, 1, other, 18, abi.encodeWithSelector(IDirectory.Directory_AssetNotListed.selector, 4));
        expectTokenRefused(3, 9, other, 18, abi.encodeWithSelector(IDirectory.Directory_ChainNotListed.selector, 9));
        expectTokenRefused(3, 1, address(0), 18, abi.encodeWithSelector(IDirectory.Directory_ZeroAddress.selector));
        expectTokenRefused(3, 1, other, 19, abi.encodeWithSelector(IDirectory.Directory_TooManyDecimals.selector, 19));
        expectTokenRefused(
            1, 1, other, 18, abi.encodeWithSelector(IDirectory.Directory_AssetAlreadyOnChain.selector, 1, 1)
        );
        expectTokenRefused(
            3, 1, _weth, 18, abi.encodeWithSelector(IDirectory.Directory_TokenAlreadyListed.selector, 1, _weth)
        );
    }

    // ---------------------------------------------------------------- books

    function test_listBook_logsBookAndTerms() public {
        vm.expectEmit(address(_directory));
        emit IDirectory.BookListed(13, 4, 1, 2, 1_000_000, 10);
        vm.expectEmit(address(_directory));
        emit IDirectory.BookChanged(14, 4, 100, 500, 0);
        vm.prank(governor);
        _directory.listBook(book(4));
        assertEq(_directory.newestBook(), 4);
    }

    function test_listBook_revertsIfMalformed() public {
        expectBookRefused(book(1), abi.encodeWithSelector(IDirectory.Directory_IdNotGrowing.selector, 1, 1));
        BookListing memory listing = book(2);
        listing.base = 9;
        expectBookRefused(listing, abi.encodeWithSelector(IDirectory.Directory_AssetNotListed.selector, 9));
        listing = book(2);
        listing.quote = 9;
        expectBookRefused(listing, abi.encodeWithSelector(IDirectory.Directory_AssetNotListed.selector, 9));
        listing.quote = listing.base;
        expectBookRefused(listing, abi.encodeWithSelector(IDirectory.Directory_SameBaseAndQuote.selector, 1));
        listing = book(2);
        listing.lotSize = 0;
        expectBookRefused(listing, abi.encodeWithSelector(IDirectory.Directory_SizeOutOfRange.selector, 0));
        listing.lotSize = 1 << 53;
        expectBookRefused(listing, abi.encodeWithSelector(IDirectory.Directory_SizeOutOfRange.selector, 1 << 53));
        listing = book(2);
        listing.tickSize = 0;
        expectBookRefused(listing, abi.encodeWithSelector(IDirectory.Directory_SizeOutOfRange.selector, 0));
        listing.tickSize = 1 << 53;
        expectBookRefused(listing, abi.encodeWithSelector(IDirectory.Directory_SizeOutOfRange.selector, 1 << 53));
    }

    function test_changeBook_logsTerms() public {
        vm.expectEmit(address(_directory));
        emit IDirectory.BookChanged(13, 1, 300, 200, 3);
        vm.prank(governor);
        _directory.changeBook(1, BookTerms(300, 200, 3));
    }

    function test_changeBook_revertsIfMalformed() public {
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_BookNotListed.selector, 2));
        _directory.changeBook(2, BookTerms(0, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_FeeOutOfRange.selector, 1_000_000));
        _directory.changeBook(1, BookTerms(1_000_000, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_FeeOutOfRange.selector, 1_000_000));
        _directory.changeBook(1, BookTerms(0, 1_000_000, 0));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_UnknownStatus.selector, 4));
        _directory.changeBook(1, BookTerms(0, 0, 4));
    }

    // ---------------------------------------------------------------- roles

    function test_roles_areLogged() public {
        vm.startPrank(governor);
        vm.expectEmit(address(_directory));
        emit IDirectory.SettlerChanged(13, alice, 3, bytes32(uint256(6)));
        _directory.changeSettler(Settler(alice, 3, bytes32(uint256(6))));
        vm.expectEmit(address(_directory));
        emit IDirectory.FeeAccountChanged(14, alice);
        _directory.changeFeeAccount(alice);
        vm.expectEmit(address(_directory));
        emit IDirectory.InsuranceAccountChanged(15, bob);
        _directory.changeInsuranceAccount(bob);
    }

    function test_changeSettler_revertsIfTheKeyIsNoCompressedPoint() public {
        vm.startPrank(governor);
        uint256 prime = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
        bytes32 x = bytes32(uint256(6));
        Settler[6] memory wrong = [
            Settler(alice, 4, x),
            Settler(alice, 0, x),
            Settler(alice, 2, 0),
            Settler(alice, 2, bytes32(uint256(5))),
            Settler(alice, 3, bytes32(prime)),
            Settler(alice, 3, bytes32(prime + 1))
        ];
        for (uint256 i = 0; i < wrong.length; i++) {
            vm.expectRevert(IDirectory.Directory_BadEncryptionKey.selector);
            _directory.changeSettler(wrong[i]);
        }
    }

    function testFuzz_changeSettler_takesEveryPublicKey(uint256 key) public {
        VmSafe.Wallet memory wallet = vm.createWallet(boundPrivateKey(key));
        Settler memory settler = Settler(wallet.addr, uint8(2 + (wallet.publicKeyY & 1)), bytes32(wallet.publicKeyX));
        vm.prank(governor);
        _directory.changeSettler(settler);
        assertSettler(_directory, settler.signer, settler.encryptionKeyPrefix, settler.encryptionKeyX);
    }

    // ---------------------------------------------------------------- helpers

    function genesis() private view returns (DirectoryGenesis memory listing) {
        listing.chains = new ChainListing[](1);
        listing.chains[0] = chain(1);
        listing.assets = new AssetListing[](2);
        (listing.assets[0], listing.assets[1]) = (asset(1, "WETH"), asset(2, "USDC"));
        listing.tokens = new AssetTokenListing[](2);
        listing.tokens[0] = AssetTokenListing(1, 1, _weth, 18);
        listing.tokens[1] = AssetTokenListing(2, 1, _usdc, 6);
        listing.books = new BookListing[](1);
        listing.books[0] = book(1);
        listing.executor = _executor;
        listing.settler = Settler(_settler, 2, bytes32(uint256(6)));
        listing.feeAccount = _feeAccount;
        listing.insuranceAccount = _insurance;
    }

    function chain(uint64 chainId) private view returns (ChainListing memory) {
        return ChainListing(chainId, address(registry), address(authority), 0, 60);
    }

    function asset(uint32 id, bytes32 symbol) private pure returns (AssetListing memory) {
        return AssetListing(id, symbol, 6, weights());
    }

    function weights() private pure returns (RiskWeights memory) {
        return RiskWeights(500_000, 1_500_000, 600_000, 1_400_000);
    }

    function book(uint32 id) private pure returns (BookListing memory) {
        return BookListing(id, 1, 2, 1_000_000, 10, BookTerms(100, 500, 0));
    }

    function expectChainRefused(ChainListing memory listing, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(governor);
        _directory.listChain(listing);
    }

    function expectAssetRefused(AssetListing memory listing, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(governor);
        _directory.listAsset(listing);
    }

    function expectTokenRefused(uint32 id, uint64 chainId, address token_, uint8 decimals, bytes memory reason)
        private
    {
        vm.expectRevert(reason);
        _directory.listAssetToken(AssetTokenListing(id, chainId, token_, decimals));
    }

    function expectBookRefused(BookListing memory listing, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(governor);
        _directory.listBook(listing);
    }

    function assertSettler(Directory directory, address signer, uint8 prefix, bytes32 x) private view {
        (address s, uint8 p, bytes32 k) = directory.settler();
        assertEq(s, signer);
        assertEq(p, prefix);
        assertEq(k, x);
    }
}
