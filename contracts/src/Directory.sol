// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {EventLog} from "./EventLog.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {IDirectory} from "./interfaces/IDirectory.sol";
import {
    AssetListing,
    AssetTokenListing,
    BookListing,
    BookTerms,
    ChainListing,
    DirectoryGenesis,
    RiskWeights,
    Settler
} from "./types/Listings.sol";

/// @title Chains, assets, books and roles
/// @dev Storage holds only what later calls are checked against; everything else is in the log.
contract Directory is IDirectory, EventLog {
    uint32 private constant MAX_HEARTBEAT_SECONDS = 20 minutes;
    uint8 private constant MAX_FINALITY = 1;
    uint8 private constant MAX_STATUS = 3;
    uint8 private constant MAX_DECIMALS = 18;
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
    function changeAssetRisk(uint32 asset, RiskWeights calldata weights) external onlyGovernor {
        _requireAsset(asset);
        _changeAssetRisk(asset, weights);
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

    function _changeAssetRisk(uint32 asset, RiskWeights memory weights) private {
        bool ordered = weights.initAssetWeightPpm <= weights.maintAssetWeightPpm
            && weights.maintAssetWeightPpm <= ONE_PPM && ONE_PPM <= weights.maintLiabilityWeightPpm
            && weights.maintLiabilityWeightPpm <= weights.initLiabilityWeightPpm;
        if (!ordered) revert Directory_WeightsOutOfOrder(asset);
        _append(AssetRiskChanged.selector, abi.encode(asset, weights));
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

    function _requireSize(uint64 size) private pure {
        if (size == 0 || size >= SAFE_INTEGERS) revert Directory_SizeOutOfRange(size);
    }
}
