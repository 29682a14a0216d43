// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./IEventLog.sol";
import {
    AccountCredit,
    AssetListing,
    AssetRisk,
    AssetTokenListing,
    BookListing,
    BookTerms,
    ChainListing,
    CreditTier,
    Settler
} from "../types/Listings.sol";

/// @title Chains, assets, books and roles (home chain)
/// @notice What the keeper follows. The log is complete: genesis is in it, too. The governor changes; the council can only
/// revoke the executor or the settler and lower credit, at once.
///
/// - Ids of assets and books are not 0 and grow, and so never come to mean something else.
/// - An asset is one token per chain; a token is one asset.
/// - An account without a tier owes nothing. One that had a tier and has none any more keeps its debts, and may not add to
///   them. A tier that was never listed has a debt limit of 0.
/// - A book's life: 0 open, 1 post-only (nothing matches), 2 cancel-only, 3 closed; the governor moves it either way.
interface IDirectory is IEventLog {
    // Entries of the log.
    /// @notice A chain takes part from now on.
    event ChainListed(
        uint64 indexed index,
        uint64 chainId,
        address registry,
        address authority,
        uint8 finality,
        uint32 heartbeatSeconds
    );
    /// @notice The ledger knows a new asset.
    event AssetListed(uint64 indexed index, uint32 asset, bytes32 symbol, uint8 ledgerDecimals);
    /// @notice What an asset counts for in the health of margin accounts, and how much of it they may owe; see `AssetRisk`.
    event AssetRiskChanged(
        uint64 indexed index,
        uint32 asset,
        uint32 initAssetWeightPpm,
        uint32 initLiabilityWeightPpm,
        uint32 maintAssetWeightPpm,
        uint32 maintLiabilityWeightPpm,
        uint32 liquidationFeePpm,
        uint64 depositScaleStart,
        uint64 borrowScaleStart,
        uint64 borrowCap
    );
    /// @notice On `chainId` the asset is `token`, with `decimals` decimals.
    event AssetTokenListed(uint64 indexed index, uint32 asset, uint64 chainId, address token, uint8 decimals);
    /// @notice A new book, in which `lotSize` base units are one lot and `tickSize` quote units one tick of a lot.
    event BookListed(uint64 indexed index, uint32 book, uint32 base, uint32 quote, uint64 lotSize, uint64 tickSize);
    /// @notice Fees, in millionths of the notional, and status of a book. Also said once after it was listed.
    event BookChanged(uint64 indexed index, uint32 book, uint32 makerFeePpm, uint32 takerFeePpm, uint8 status);
    /// @notice How much a margin account of that tier may owe, in 10⁻⁶ US dollars.
    event CreditTierChanged(uint64 indexed index, uint8 tier, uint64 debtLimit);
    /// @notice An account's tier.
    /// @param tier 0 when it may owe nothing more
    event AccountCreditChanged(uint64 indexed index, address account, uint32 subaccount, uint8 tier);
    /// @notice Who may submit trades.
    /// @param executor 0 when revoked
    event ExecutorChanged(uint64 indexed index, address executor);
    /// @notice Who countersigns settlements, and the compressed key that settlement orders are encrypted to.
    /// @param settler 0 when revoked, and the key with it
    event SettlerChanged(uint64 indexed index, address settler, uint8 encryptionKeyPrefix, bytes32 encryptionKeyX);
    /// @notice Where fees go.
    event FeeAccountChanged(uint64 indexed index, address account);
    /// @notice Who stands in for debts that are left over.
    event InsuranceAccountChanged(uint64 indexed index, address account);

    /// @notice Only the governor may.
    error Directory_NotGovernor(address caller);
    /// @notice Only the council may.
    error Directory_NotCouncil(address caller);
    /// @notice An address is missing.
    error Directory_ZeroAddress();
    /// @notice Between 1 and 2⁵³ − 1.
    error Directory_ChainIdOutOfRange(uint64 chainId);
    /// @notice One contract cannot be both.
    error Directory_RegistryIsAuthority(address registry);
    /// @notice The home chain has the authority that this directory obeys.
    error Directory_NotOwnAuthority(address authority);
    /// @notice A chain is listed once and does not change.
    error Directory_ChainAlreadyListed(uint64 chainId);
    /// @notice The chain has to be listed before its tokens.
    error Directory_ChainNotListed(uint64 chainId);
    /// @notice 0 and 1 are known.
    error Directory_UnknownFinality(uint8 finality);
    /// @notice Between 1 s and 20 min, a third of the longest silence before a standby takes over.
    error Directory_HeartbeatOutOfRange(uint32 heartbeatSeconds);
    /// @notice Ids grow.
    error Directory_IdNotGrowing(uint32 id, uint32 newest);
    /// @notice The asset has to be listed first.
    error Directory_AssetNotListed(uint32 asset);
    /// @notice The symbol is missing.
    error Directory_EmptySymbol(uint32 asset);
    /// @notice At most 18.
    error Directory_TooManyDecimals(uint8 decimals);
    /// @notice Not `initAsset ≤ maintAsset ≤ 1 ≤ maintLiability ≤ initLiability`.
    error Directory_WeightsOutOfOrder(uint32 asset);
    /// @notice Not `(1 + fee) · initAsset ≤ 1` and `1 + fee ≤ initLiability`.
    error Directory_LiquidationFeeOutOfRange(uint32 asset, uint32 feePpm);
    /// @notice Below 2⁵³.
    error Directory_AmountOutOfRange(uint64 amount);
    /// @notice Tiers are 1 to 254; an account may also have 0.
    error Directory_TierOutOfRange(uint8 tier);
    /// @notice The council can only lower it.
    error Directory_DebtLimitRaised(uint8 tier, uint64 debtLimit, uint64 debtLimitBefore);
    /// @notice The council can only lower it: to a tier whose accounts may not owe more.
    error Directory_CreditRaised(uint8 tier, uint8 tierBefore);
    /// @notice An asset is one token per chain.
    error Directory_AssetAlreadyOnChain(uint32 asset, uint64 chainId);
    /// @notice A token is one asset.
    error Directory_TokenAlreadyListed(uint64 chainId, address token);
    /// @notice No such book.
    error Directory_BookNotListed(uint32 book);
    /// @notice An asset does not trade against itself.
    error Directory_SameBaseAndQuote(uint32 asset);
    /// @notice Lot and tick sizes lie between 1 and 2⁵³ − 1.
    error Directory_SizeOutOfRange(uint64 size);
    /// @notice Below 1 000 000 ppm.
    error Directory_FeeOutOfRange(uint32 feePpm);
    /// @notice 0 to 3 are known.
    error Directory_UnknownStatus(uint8 status);
    /// @notice Not the compressed form of a point of secp256k1.
    error Directory_BadEncryptionKey();

    /// @notice Governor only.
    function listChain(ChainListing calldata listing) external;
    /// @notice Governor only.
    function listAsset(AssetListing calldata listing) external;
    /// @notice Governor only.
    /// @param asset its id
    function changeAssetRisk(uint32 asset, AssetRisk calldata risk) external;
    /// @notice Governor only.
    function listAssetToken(AssetTokenListing calldata listing) external;
    /// @notice Governor only.
    function listBook(BookListing calldata listing) external;
    /// @notice Governor only.
    /// @param book its id
    function changeBook(uint32 book, BookTerms calldata terms) external;
    /// @notice Governor only.
    function changeCreditTier(CreditTier calldata creditTier) external;
    /// @notice Governor only. Tier 0 withdraws what was granted.
    function changeAccountCredit(AccountCredit calldata credit) external;
    /// @notice Governor only.
    function changeExecutor(address executor) external;
    /// @notice Governor only.
    function changeSettler(Settler calldata settler) external;
    /// @notice Governor only.
    function changeFeeAccount(address account) external;
    /// @notice Governor only.
    function changeInsuranceAccount(address account) external;
    /// @notice Council only, at once, and never upwards.
    function lowerCreditTier(CreditTier calldata creditTier) external;
    /// @notice Council only, at once, and never upwards. Where the account may owe less than before, or
    /// nothing more, its open orders are cancelled.
    function lowerAccountCredit(AccountCredit calldata credit) external;
    /// @notice Council only, at once: nobody trades until the governor names an executor.
    function revokeExecutor() external;
    /// @notice Council only, at once: nothing is settled until the governor names a settler.
    function revokeSettler() external;

    /// @notice This chain's, which names governor and council.
    function authority() external view returns (address);
    /// @notice Whether `chainId` counts.
    function isChainListed(uint64 chainId) external view returns (bool);
    /// @notice The asset that `token` on `chainId` is; 0 when it is none.
    function assetOf(uint64 chainId, address token) external view returns (uint32 asset);
    /// @notice The token that `asset` is on `chainId`; 0 when there is none.
    function tokenOf(uint32 asset, uint64 chainId) external view returns (address token);
    /// @notice The highest id of an asset so far; the next one must be higher.
    function newestAsset() external view returns (uint32);
    /// @notice The highest id of a book so far; the next one must be higher.
    function newestBook() external view returns (uint32);
    /// @notice What one account of `tier` may owe, in 10⁻⁶ US dollars.
    function debtLimitOf(uint8 tier) external view returns (uint64 debtLimit);
    /// @notice The tier of `subaccount` of `account`; 0 when it may owe nothing.
    function creditTierOf(address account, uint32 subaccount) external view returns (uint8 tier);
    /// @notice The only one whose signature on trades counts; 0 when revoked.
    function executor() external view returns (address);
    /// @notice All zero when revoked.
    function settler() external view returns (address signer, uint8 encryptionKeyPrefix, bytes32 encryptionKeyX);
    /// @notice Where fees go.
    function feeAccount() external view returns (address);
    /// @notice Who stands in for debts that are left over.
    function insuranceAccount() external view returns (address);
}
