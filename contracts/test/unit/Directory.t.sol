// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {VmSafe} from "forge-std/Vm.sol";

import {Directory} from "../../src/Directory.sol";
import {IDirectory} from "../../src/interfaces/IDirectory.sol";
import {
    AccountCredit,
    AssetListing,
    AssetRisk,
    AssetTokenListing,
    BookListing,
    BookTerms,
    ChainListing,
    CreditTier,
    DirectoryGenesis,
    Settler
} from "../../src/types/Listings.sol";
import {VaultTest} from "../support/VaultTest.sol";

contract DirectoryTest is VaultTest {
    Directory private _directory;
    address private _executor = makeAddr("executor");
    address private _settler = makeAddr("settler");
    address private _feeAccount = makeAddr("fee account");
    address private _insurance = makeAddr("insurance account");
    address private _trader = makeAddr("margin trader");
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
        assertEq(
            directory.count(), 15, "1 chain, 2 assets with risk, 2 tokens, 1 book with terms, 1 tier, 1 credit, 4 roles"
        );
        assertEq(directory.authority(), address(authority));
        assertEq(directory.executor(), _executor);
        assertEq(directory.feeAccount(), _feeAccount);
        assertEq(directory.insuranceAccount(), _insurance);
        assertEq(directory.newestAsset(), 2);
        assertEq(directory.newestBook(), 1);
        assertTrue(directory.isChainListed(1));
        assertEq(directory.assetOf(1, _weth), 1);
        assertEq(directory.tokenOf(2, 1), _usdc);
        assertEq(directory.debtLimitOf(1), 1_000e6);
        assertEq(directory.creditTierOf(_trader, 7), 1);
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
        bytes[12] memory calls = [
            abi.encodeCall(IDirectory.listChain, (chain(10))),
            abi.encodeCall(IDirectory.listAsset, (asset(3, "MEME"))),
            abi.encodeCall(IDirectory.changeAssetRisk, (1, risk())),
            abi.encodeCall(IDirectory.listAssetToken, (AssetTokenListing(1, 1, makeAddr("token"), 18))),
            abi.encodeCall(IDirectory.listBook, (book(2))),
            abi.encodeCall(IDirectory.changeBook, (1, BookTerms(1, 2, 3))),
            abi.encodeCall(IDirectory.changeCreditTier, (CreditTier(1, 0))),
            abi.encodeCall(IDirectory.changeAccountCredit, (AccountCredit(_trader, 7, 0))),
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
        emit IDirectory.ExecutorChanged(15, address(0));
        vm.prank(council);
        _directory.revokeExecutor();
        vm.expectEmit(address(_directory));
        emit IDirectory.SettlerChanged(16, address(0), 0, 0);
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
        emit IDirectory.ChainListed(15, 10, address(registry), address(authority), 1, 60);
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

    function test_listAsset_logsAssetAndRisk() public {
        vm.expectEmit(address(_directory));
        emit IDirectory.AssetListed(15, 7, "MEME", 6);
        vm.expectEmit(address(_directory));
        emit IDirectory.AssetRiskChanged(16, 7, 500_000, 1_500_000, 600_000, 1_400_000, 50_000, 2e12, 1e12, 5e14);
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
        uint32[4][4] memory wrong = [
            [uint32(700_000), 1_500_000, 600_000, 1_400_000],
            [uint32(500_000), 1_500_000, 1_000_001, 1_400_000],
            [uint32(500_000), 1_500_000, 600_000, 999_999],
            [uint32(500_000), 1_300_000, 600_000, 1_400_000]
        ];
        for (uint256 i = 0; i < wrong.length; i++) {
            uint32[4] memory w = wrong[i];
            expectRiskRefused(
                AssetRisk(w[0], w[1], w[2], w[3], 0, 0, 0, 0),
                abi.encodeWithSelector(IDirectory.Directory_WeightsOutOfOrder.selector, 1)
            );
        }
        vm.prank(governor);
        _directory.changeAssetRisk(1, AssetRisk(1_000_000, 1_000_000, 1_000_000, 1_000_000, 0, 0, 0, 0));
    }

    function test_liquidationFee_mustBeCoveredByTheWeights() public {
        // The weights, the highest fee that they cover, and why it is no higher.
        uint32[3][4] memory rows = [
            [uint32(1_000_000), 1_500_000, 0], // (1 + fee) · asset ≤ 1
            [uint32(800_000), 1_300_000, 250_000],
            [uint32(500_000), 1_100_000, 100_000], // 1 + fee ≤ liability
            [uint32(0), type(uint32).max, type(uint32).max - 1_000_000]
        ];
        for (uint256 i = 0; i < rows.length; i++) {
            AssetRisk memory terms = AssetRisk(rows[i][0], rows[i][1], 1_000_000, 1_000_000, rows[i][2], 0, 0, 0);
            vm.prank(governor);
            _directory.changeAssetRisk(1, terms);
            terms.liquidationFeePpm++;
            expectRiskRefused(
                terms,
                abi.encodeWithSelector(
                    IDirectory.Directory_LiquidationFeeOutOfRange.selector, 1, terms.liquidationFeePpm
                )
            );
        }
    }

    /// @dev Why the fee is bounded: whoever pays a debt with another asset, fees included, is healthier for it.
    function testFuzz_liquidationFee_neverCostsMoreThanItBrings(AssetRisk memory owned, AssetRisk memory owed) public {
        (owned, owed) = (inRange(owned), inRange(owed));
        vm.startPrank(governor);
        try _directory.changeAssetRisk(1, owned) {}
        catch {
            return;
        }
        try _directory.changeAssetRisk(2, owed) {}
        catch {
            return;
        }
        uint256 brings = uint256(owed.initLiabilityWeightPpm) * 1e12;
        uint256 costs = (1e6 + uint256(owed.liquidationFeePpm)) * (1e6 + uint256(owned.liquidationFeePpm))
            * owned.initAssetWeightPpm;
        assertGe(brings, costs);
    }

    function test_amountsOfRisk_mustBeCountableInEveryLanguage() public {
        uint64 tooMuch = 1 << 53;
        for (uint256 i = 0; i < 3; i++) {
            AssetRisk memory terms = risk();
            if (i == 0) terms.depositScaleStart = tooMuch;
            if (i == 1) terms.borrowScaleStart = tooMuch;
            if (i == 2) terms.borrowCap = tooMuch;
            expectRiskRefused(terms, abi.encodeWithSelector(IDirectory.Directory_AmountOutOfRange.selector, tooMuch));
        }
        vm.prank(governor);
        _directory.changeAssetRisk(
            1, AssetRisk(500_000, 1_500_000, 600_000, 1_400_000, 0, tooMuch - 1, tooMuch - 1, tooMuch - 1)
        );
    }

    function test_changeAssetRisk_revertsIfNotListed() public {
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_AssetNotListed.selector, 3));
        vm.prank(governor);
        _directory.changeAssetRisk(3, risk());
    }

    function test_listAssetToken_mapsBothWays() public {
        address token_ = makeAddr("weth on ten");
        vm.startPrank(governor);
        _directory.listChain(chain(10));
        vm.expectEmit(address(_directory));
        emit IDirectory.AssetTokenListed(16, 1, 10, token_, 8);
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
        emit IDirectory.BookListed(15, 4, 1, 2, 1_000_000, 10);
        vm.expectEmit(address(_directory));
        emit IDirectory.BookChanged(16, 4, 100, 500, 0);
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
        emit IDirectory.BookChanged(15, 1, 300, 200, 3);
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

    // ---------------------------------------------------------------- credit

    function test_credit_isLogged() public {
        vm.startPrank(governor);
        vm.expectEmit(address(_directory));
        emit IDirectory.CreditTierChanged(15, 254, (1 << 53) - 1);
        _directory.changeCreditTier(CreditTier(254, (1 << 53) - 1));
        vm.expectEmit(address(_directory));
        emit IDirectory.AccountCreditChanged(16, alice, type(uint32).max, 254);
        _directory.changeAccountCredit(AccountCredit(alice, type(uint32).max, 254));
        assertEq(_directory.debtLimitOf(254), (1 << 53) - 1);
        assertEq(_directory.creditTierOf(alice, type(uint32).max), 254);
        assertEq(_directory.creditTierOf(alice, 0), 0, "of that subaccount alone");
        _directory.changeAccountCredit(AccountCredit(alice, type(uint32).max, 0));
        assertEq(_directory.creditTierOf(alice, type(uint32).max), 0);
    }

    function test_credit_revertsIfOutOfRange() public {
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_TierOutOfRange.selector, 0));
        _directory.changeCreditTier(CreditTier(0, 1));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_TierOutOfRange.selector, 255));
        _directory.changeCreditTier(CreditTier(255, 1));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_AmountOutOfRange.selector, 1 << 53));
        _directory.changeCreditTier(CreditTier(1, 1 << 53));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_TierOutOfRange.selector, 255));
        _directory.changeAccountCredit(AccountCredit(alice, 0, 255));
        vm.expectRevert(IDirectory.Directory_ZeroAddress.selector);
        _directory.changeAccountCredit(AccountCredit(address(0), 0, 1));
    }

    function test_lowering_isTheCouncilsAlone() public {
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_NotCouncil.selector, governor));
        _directory.lowerCreditTier(CreditTier(1, 0));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_NotCouncil.selector, governor));
        _directory.lowerAccountCredit(AccountCredit(_trader, 7, 0));
    }

    function test_lowerCreditTier_takesOnlyLessOrTheSame() public {
        vm.startPrank(council);
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_DebtLimitRaised.selector, 1, 1_000e6 + 1, 1_000e6));
        _directory.lowerCreditTier(CreditTier(1, 1_000e6 + 1));
        _directory.lowerCreditTier(CreditTier(1, 1_000e6));
        vm.expectEmit(address(_directory));
        emit IDirectory.CreditTierChanged(16, 1, 999e6);
        _directory.lowerCreditTier(CreditTier(1, 999e6));
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_DebtLimitRaised.selector, 2, 1, 0));
        _directory.lowerCreditTier(CreditTier(2, 1));
    }

    function test_lowerAccountCredit_takesOnlyLessOrTheSame() public {
        vm.startPrank(governor);
        _directory.changeCreditTier(CreditTier(2, 1_000e6 + 1));
        _directory.changeCreditTier(CreditTier(3, 1_000e6));
        _directory.changeCreditTier(CreditTier(4, 1));
        vm.stopPrank();
        vm.startPrank(council);
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_CreditRaised.selector, 2, 1));
        _directory.lowerAccountCredit(AccountCredit(_trader, 7, 2));
        uint8[4] memory lower = [1, 3, 4, 0];
        for (uint256 i = 0; i < lower.length; i++) {
            _directory.lowerAccountCredit(AccountCredit(_trader, 7, lower[i]));
            assertEq(_directory.creditTierOf(_trader, 7), lower[i]);
        }
    }

    /// @dev Not even to a tier that may owe nothing, whose limit could be raised later.
    function test_lowerAccountCredit_makesNoMarginAccounts() public {
        vm.prank(council);
        vm.expectRevert(abi.encodeWithSelector(IDirectory.Directory_CreditRaised.selector, 9, 0));
        _directory.lowerAccountCredit(AccountCredit(alice, 0, 9));
    }

    // ---------------------------------------------------------------- roles

    function test_roles_areLogged() public {
        vm.startPrank(governor);
        vm.expectEmit(address(_directory));
        emit IDirectory.SettlerChanged(15, alice, 3, bytes32(uint256(6)));
        _directory.changeSettler(Settler(alice, 3, bytes32(uint256(6))));
        vm.expectEmit(address(_directory));
        emit IDirectory.FeeAccountChanged(16, alice);
        _directory.changeFeeAccount(alice);
        vm.expectEmit(address(_directory));
        emit IDirectory.InsuranceAccountChanged(17, bob);
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
        listing.creditTiers = new CreditTier[](1);
        listing.creditTiers[0] = CreditTier(1, 1_000e6);
        listing.credits = new AccountCredit[](1);
        listing.credits[0] = AccountCredit(_trader, 7, 1);
        listing.executor = _executor;
        listing.settler = Settler(_settler, 2, bytes32(uint256(6)));
        listing.feeAccount = _feeAccount;
        listing.insuranceAccount = _insurance;
    }

    function chain(uint64 chainId) private view returns (ChainListing memory) {
        return ChainListing(chainId, address(registry), address(authority), 0, 60);
    }

    function asset(uint32 id, bytes32 symbol) private pure returns (AssetListing memory) {
        return AssetListing(id, symbol, 6, risk());
    }

    function risk() private pure returns (AssetRisk memory) {
        return AssetRisk(500_000, 1_500_000, 600_000, 1_400_000, 50_000, 2e12, 1e12, 5e14);
    }

    /// @dev In order, with a fee that may be too high.
    function inRange(AssetRisk memory any) private pure returns (AssetRisk memory) {
        return AssetRisk({
            initAssetWeightPpm: uint32(bound(any.initAssetWeightPpm, 0, 1e6)),
            initLiabilityWeightPpm: uint32(bound(any.initLiabilityWeightPpm, 1e6, 3e6)),
            maintAssetWeightPpm: 1e6,
            maintLiabilityWeightPpm: 1e6,
            liquidationFeePpm: uint32(bound(any.liquidationFeePpm, 0, 1e6)),
            depositScaleStart: 0,
            borrowScaleStart: 0,
            borrowCap: 0
        });
    }

    function expectRiskRefused(AssetRisk memory terms, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(governor);
        _directory.changeAssetRisk(1, terms);
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
