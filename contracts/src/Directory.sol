// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {EventLog} from "./EventLog.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";
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
} from "./types/Listings.sol";

/// @title Chains, assets, books, credit and roles
/// @dev Storage holds only what later calls are checked against; everything else is in the log.
contract Directory is IDirectory, EventLog {
    uint32 private constant MAX_HEARTBEAT_SECONDS = 20 minutes;
    uint8 private constant MAX_FINALITY = 1;
    uint8 private constant MAX_STATUS = 3;
    uint8 private constant MAX_DECIMALS = 18;
    uint8 private constant MAX_TIER = 254;
    uint32 private constant ONE_PPM = 1_000_000;
    uint64 private constant SAFE_INTEGERS = 1 << 53;
    /// @dev The field of secp256k1.
    uint256 private constant FIELD_PRIME = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;

    IAuthority private immutable AUTHORITY;

    /// @inheritdoc IDirectory
    uint32 public newestAsset;
    /// @inheritdoc IDirectory
    uint32 public newestBook;
    /// @inheritdoc IDirectory
    address public executor;
    /// @inheritdoc IDirectory
    Settler public settler;
    /// @inheritdoc IDirectory
    address public feeAccount;
    /// @inheritdoc IDirectory
    address public insuranceAccount;
    /// @inheritdoc IDirectory
    mapping(uint64 chainId => bool) public isChainListed;
    /// @inheritdoc IDirectory
    mapping(uint64 chainId => mapping(address token => uint32)) public assetOf;
    /// @inheritdoc IDirectory
    mapping(uint32 asset => mapping(uint64 chainId => address)) public tokenOf;
    /// @inheritdoc IDirectory
    mapping(uint8 tier => uint64) public debtLimitOf;
    /// @inheritdoc IDirectory
    mapping(address account => mapping(uint32 subaccount => uint8)) public creditTierOf;
    mapping(uint32 asset => bool) private _isAsset;
    mapping(uint32 book => bool) private _isBook;

    modifier onlyGovernor() {
        _requireGovernor();
        _;
    }

    modifier onlyCouncil() {
        _requireCouncil();
        _;
    }

    /// @param authority_ of this chain; may be deployed later
    constructor(address authority_, DirectoryGenesis memory genesis) {
        AUTHORITY = IAuthority(authority_);
        for (uint256 i = 0; i < genesis.chains.length; i++) {
            _listChain(genesis.chains[i]);
        }
        for (uint256 i = 0; i < genesis.assets.length; i++) {
            _listAsset(genesis.assets[i]);
        }
        for (uint256 i = 0; i < genesis.tokens.length; i++) {
            _listAssetToken(genesis.tokens[i]);
        }
        for (uint256 i = 0; i < genesis.books.length; i++) {
            _listBook(genesis.books[i]);
        }
        for (uint256 i = 0; i < genesis.creditTiers.length; i++) {
            _changeCreditTier(genesis.creditTiers[i]);
        }
        for (uint256 i = 0; i < genesis.credits.length; i++) {
            _changeAccountCredit(genesis.credits[i]);
        }
        _changeExecutor(genesis.executor);
        _changeSettler(genesis.settler);
        _changeFeeAccount(genesis.feeAccount);
        _changeInsuranceAccount(genesis.insuranceAccount);
    }

    /// @inheritdoc IDirectory
    function listChain(ChainListing calldata listing) external onlyGovernor {
        _listChain(listing);
    }

    /// @inheritdoc IDirectory
    function listAsset(AssetListing calldata listing) external onlyGovernor {
        _listAsset(listing);
    }

    /// @inheritdoc IDirectory
    function changeAssetRisk(uint32 asset, AssetRisk calldata risk) external onlyGovernor {
        _requireAsset(asset);
        _changeAssetRisk(asset, risk);
    }

    /// @inheritdoc IDirectory
    function listAssetToken(AssetTokenListing calldata listing) external onlyGovernor {
        _listAssetToken(listing);
    }

    /// @inheritdoc IDirectory
    function listBook(BookListing calldata listing) external onlyGovernor {
        _listBook(listing);
    }

    /// @inheritdoc IDirectory
    function changeBook(uint32 book, BookTerms calldata terms) external onlyGovernor {
        if (!_isBook[book]) revert Directory_BookNotListed(book);
        _changeBook(book, terms);
    }

    /// @inheritdoc IDirectory
    function changeCreditTier(CreditTier calldata creditTier) external onlyGovernor {
        _changeCreditTier(creditTier);
    }

    /// @inheritdoc IDirectory
    function changeAccountCredit(AccountCredit calldata credit) external onlyGovernor {
        _changeAccountCredit(credit);
    }

    /// @inheritdoc IDirectory
    function changeExecutor(address executor_) external onlyGovernor {
        _changeExecutor(executor_);
    }

    /// @inheritdoc IDirectory
    function changeSettler(Settler calldata settler_) external onlyGovernor {
        _changeSettler(settler_);
    }

    /// @inheritdoc IDirectory
    function changeFeeAccount(address account) external onlyGovernor {
        _changeFeeAccount(account);
    }

    /// @inheritdoc IDirectory
    function changeInsuranceAccount(address account) external onlyGovernor {
        _changeInsuranceAccount(account);
    }

    /// @inheritdoc IDirectory
    function lowerCreditTier(CreditTier calldata creditTier) external onlyCouncil {
        uint64 before = debtLimitOf[creditTier.tier];
        if (creditTier.debtLimit > before) {
            revert Directory_DebtLimitRaised(creditTier.tier, creditTier.debtLimit, before);
        }
        _changeCreditTier(creditTier);
    }

    /// @inheritdoc IDirectory
    function lowerAccountCredit(AccountCredit calldata credit) external onlyCouncil {
        uint8 before = creditTierOf[credit.account][credit.subaccount];
        bool isRaised = debtLimitOf[credit.tier] > debtLimitOf[before] || (before == 0 && credit.tier != 0);
        if (isRaised) revert Directory_CreditRaised(credit.tier, before);
        _changeAccountCredit(credit);
    }

    /// @inheritdoc IDirectory
    function revokeExecutor() external onlyCouncil {
        _setExecutor(address(0));
    }

    /// @inheritdoc IDirectory
    function revokeSettler() external onlyCouncil {
        _setSettler(Settler(address(0), 0, 0));
    }

    /// @inheritdoc IDirectory
    function authority() external view returns (address) {
        return address(AUTHORITY);
    }

    function _listChain(ChainListing memory listing) private {
        if (listing.chainId == 0 || listing.chainId >= SAFE_INTEGERS) {
            revert Directory_ChainIdOutOfRange(listing.chainId);
        }
        if (isChainListed[listing.chainId]) revert Directory_ChainAlreadyListed(listing.chainId);
        _requireAddress(listing.registry);
        _requireAddress(listing.authority);
        if (listing.registry == listing.authority) revert Directory_RegistryIsAuthority(listing.registry);
        if (listing.chainId == block.chainid && listing.authority != address(AUTHORITY)) {
            revert Directory_NotOwnAuthority(listing.authority);
        }
        if (listing.finality > MAX_FINALITY) revert Directory_UnknownFinality(listing.finality);
        if (listing.heartbeatSeconds == 0 || listing.heartbeatSeconds > MAX_HEARTBEAT_SECONDS) {
            revert Directory_HeartbeatOutOfRange(listing.heartbeatSeconds);
        }
        isChainListed[listing.chainId] = true;
        _append(ChainListed.selector, abi.encode(listing));
    }

    function _listAsset(AssetListing memory listing) private {
        if (listing.asset <= newestAsset) revert Directory_IdNotGrowing(listing.asset, newestAsset);
        if (listing.symbol == 0) revert Directory_EmptySymbol(listing.asset);
        _requireDecimals(listing.ledgerDecimals);
        newestAsset = listing.asset;
        _isAsset[listing.asset] = true;
        _append(AssetListed.selector, abi.encode(listing.asset, listing.symbol, listing.ledgerDecimals));
        _changeAssetRisk(listing.asset, listing.risk);
    }

    function _changeAssetRisk(uint32 asset, AssetRisk memory risk) private {
        bool ordered = risk.initAssetWeightPpm <= risk.maintAssetWeightPpm && risk.maintAssetWeightPpm <= ONE_PPM
            && ONE_PPM <= risk.maintLiabilityWeightPpm && risk.maintLiabilityWeightPpm <= risk.initLiabilityWeightPpm;
        if (!ordered) revert Directory_WeightsOutOfOrder(asset);
        uint256 withFeePpm = uint256(ONE_PPM) + risk.liquidationFeePpm;
        bool isFeeCovered = withFeePpm * risk.initAssetWeightPpm <= uint256(ONE_PPM) * ONE_PPM
            && withFeePpm <= risk.initLiabilityWeightPpm;
        if (!isFeeCovered) revert Directory_LiquidationFeeOutOfRange(asset, risk.liquidationFeePpm);
        _requireAmount(risk.depositScaleStart);
        _requireAmount(risk.borrowScaleStart);
        _requireAmount(risk.borrowCap);
        _append(AssetRiskChanged.selector, abi.encode(asset, risk));
    }

    function _listAssetToken(AssetTokenListing memory listing) private {
        (uint32 asset, uint64 chainId, address token) = (listing.asset, listing.chainId, listing.token);
        _requireAsset(asset);
        if (!isChainListed[chainId]) revert Directory_ChainNotListed(chainId);
        _requireAddress(token);
        _requireDecimals(listing.decimals);
        if (tokenOf[asset][chainId] != address(0)) revert Directory_AssetAlreadyOnChain(asset, chainId);
        if (assetOf[chainId][token] != 0) revert Directory_TokenAlreadyListed(chainId, token);
        tokenOf[asset][chainId] = token;
        assetOf[chainId][token] = asset;
        _append(AssetTokenListed.selector, abi.encode(listing));
    }

    function _listBook(BookListing memory listing) private {
        if (listing.book <= newestBook) revert Directory_IdNotGrowing(listing.book, newestBook);
        _requireAsset(listing.base);
        _requireAsset(listing.quote);
        if (listing.base == listing.quote) revert Directory_SameBaseAndQuote(listing.base);
        _requireSize(listing.lotSize);
        _requireSize(listing.tickSize);
        newestBook = listing.book;
        _isBook[listing.book] = true;
        _append(
            BookListed.selector,
            abi.encode(listing.book, listing.base, listing.quote, listing.lotSize, listing.tickSize)
        );
        _changeBook(listing.book, listing.terms);
    }

    function _changeBook(uint32 book, BookTerms memory terms) private {
        if (terms.makerFeePpm >= ONE_PPM) revert Directory_FeeOutOfRange(terms.makerFeePpm);
        if (terms.takerFeePpm >= ONE_PPM) revert Directory_FeeOutOfRange(terms.takerFeePpm);
        if (terms.status > MAX_STATUS) revert Directory_UnknownStatus(terms.status);
        _append(BookChanged.selector, abi.encode(book, terms));
    }

    function _changeCreditTier(CreditTier memory creditTier) private {
        if (creditTier.tier == 0) revert Directory_TierOutOfRange(0);
        _requireTier(creditTier.tier);
        _requireAmount(creditTier.debtLimit);
        debtLimitOf[creditTier.tier] = creditTier.debtLimit;
        _append(CreditTierChanged.selector, abi.encode(creditTier));
    }

    function _changeAccountCredit(AccountCredit memory credit) private {
        _requireAddress(credit.account);
        _requireTier(credit.tier);
        creditTierOf[credit.account][credit.subaccount] = credit.tier;
        _append(AccountCreditChanged.selector, abi.encode(credit));
    }

    function _changeExecutor(address executor_) private {
        _requireAddress(executor_);
        _setExecutor(executor_);
    }

    function _setExecutor(address executor_) private {
        executor = executor_;
        _append(ExecutorChanged.selector, abi.encode(executor_));
    }

    function _changeSettler(Settler memory settler_) private {
        _requireAddress(settler_.signer);
        bool isCompressed = settler_.encryptionKeyPrefix == 2 || settler_.encryptionKeyPrefix == 3;
        if (!isCompressed || !_isOnCurve(uint256(settler_.encryptionKeyX))) revert Directory_BadEncryptionKey();
        _setSettler(settler_);
    }

    function _setSettler(Settler memory settler_) private {
        settler = settler_;
        _append(SettlerChanged.selector, abi.encode(settler_));
    }

    function _changeFeeAccount(address account) private {
        _requireAddress(account);
        feeAccount = account;
        _append(FeeAccountChanged.selector, abi.encode(account));
    }

    function _changeInsuranceAccount(address account) private {
        _requireAddress(account);
        insuranceAccount = account;
        _append(InsuranceAccountChanged.selector, abi.encode(account));
    }

    /// @dev Whether x³ + 7 has a square root (Euler's criterion): each of the two roots is a point's y.
    function _isOnCurve(uint256 x) private view returns (bool) {
        if (x >= FIELD_PRIME) return false;
        uint256 square = addmod(mulmod(mulmod(x, x, FIELD_PRIME), x, FIELD_PRIME), 7, FIELD_PRIME);
        return Math.modExp(square, (FIELD_PRIME - 1) / 2, FIELD_PRIME) == 1;
    }

    function _requireGovernor() private view {
        if (msg.sender != AUTHORITY.governor()) revert Directory_NotGovernor(msg.sender);
    }

    function _requireCouncil() private view {
        if (msg.sender != AUTHORITY.council()) revert Directory_NotCouncil(msg.sender);
    }

    function _requireAsset(uint32 asset) private view {
        if (!_isAsset[asset]) revert Directory_AssetNotListed(asset);
    }

    function _requireAddress(address account) private pure {
        if (account == address(0)) revert Directory_ZeroAddress();
    }

    function _requireDecimals(uint8 decimals) private pure {
        if (decimals > MAX_DECIMALS) revert Directory_TooManyDecimals(decimals);
    }

    function _requireTier(uint8 tier) private pure {
        if (tier > MAX_TIER) revert Directory_TierOutOfRange(tier);
    }

    function _requireAmount(uint64 amount) private pure {
        if (amount >= SAFE_INTEGERS) revert Directory_AmountOutOfRange(amount);
    }

    function _requireSize(uint64 size) private pure {
        if (size == 0 || size >= SAFE_INTEGERS) revert Directory_SizeOutOfRange(size);
    }
}
