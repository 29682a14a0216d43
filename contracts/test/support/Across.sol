// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CommonBase} from "forge-std/Base.sol";

import {ISpokePool, V3RelayData} from "../../src/external/ISpokePool.sol";

/// @notice A fill from the pool's own money; `updatedOutputAmount` is what is paid.
struct V3SlowFill {
    V3RelayData relayData;
    uint256 chainId;
    uint256 updatedOutputAmount;
}

/// @notice Whom a bundle pays back on one chain, relayers and depositors alike.
struct RelayerRefundLeaf {
    uint256 amountToReturn;
    uint256 chainId;
    uint256[] refundAmounts;
    uint32 leafId;
    address l2TokenAddress;
    address[] refundAddresses;
}

/// @notice The arguments of `unsafeDeposit` before its message. They are static: as one struct they encode like twelve
/// arguments, which would be too many for the compiler's stack.
struct DepositArguments {
    bytes32 depositor;
    bytes32 recipient;
    bytes32 inputToken;
    bytes32 outputToken;
    uint256 inputAmount;
    uint256 outputAmount;
    uint256 destinationChainId;
    bytes32 exclusiveRelayer;
    uint256 depositNonce;
    uint32 quoteTimestamp;
    uint32 fillDeadline;
    uint32 exclusivityParameter;
}

/// @title What relayers, Across' own programs and the pool's owner do with a pool, from its ABI
interface IAcrossPool is ISpokePool {
    error InvalidDepositorSignature();
    error InvalidFillDeadline();
    error DepositsArePaused();
    error FillsArePaused();
    error ExpiredFillDeadline();
    error RelayFilled();
    error NoRelayerRefundToClaim();

    function fillRelay(V3RelayData calldata relayData, uint256 repaymentChainId, bytes32 repaymentAddress) external;
    function fillRelayWithUpdatedDeposit(
        V3RelayData calldata relayData,
        uint256 repaymentChainId,
        bytes32 repaymentAddress,
        uint256 updatedOutputAmount,
        bytes32 updatedRecipient,
        bytes calldata updatedMessage,
        bytes calldata depositorSignature
    ) external;
    function speedUpDeposit(
        bytes32 depositor,
        uint256 depositId,
        uint256 updatedOutputAmount,
        bytes32 updatedRecipient,
        bytes calldata updatedMessage,
        bytes calldata depositorSignature
    ) external;
    function requestSlowFill(V3RelayData calldata relayData) external;
    function executeSlowRelayLeaf(V3SlowFill calldata slowFillLeaf, uint32 rootBundleId, bytes32[] calldata proof)
        external;
    function executeRelayerRefundLeaf(uint32 rootBundleId, RelayerRefundLeaf calldata leaf, bytes32[] calldata proof)
        external
        payable;
    function getV3RelayHash(V3RelayData calldata relayData) external view returns (bytes32);
    function getUnsafeDepositId(address msgSender, bytes32 depositor, uint256 depositNonce)
        external
        pure
        returns (uint256);

    function initialize(uint32 initialDepositId, address withdrawalRecipient) external;
    function relayRootBundle(bytes32 relayerRefundRoot, bytes32 slowRelayRoot) external;
    function pauseDeposits(bool pause) external;
    function pauseFills(bool pause) external;
    function upgradeTo(address newImplementation) external;
}

/// @title The real pool from its npm package, and what happens around it
/// @dev Whoever deploys a pool owns it.
abstract contract Across is CommonBase {
    string private constant ARTIFACTS = "node_modules/@across-protocol/contracts/dist/evm/artifacts/";
    uint32 private constant QUOTE_TIME_BUFFER = 1 hours;
    uint32 private constant FILL_DEADLINE_BUFFER = 6 hours;
    uint32 private constant FIRST_DEPOSIT_ID = 1;

    mapping(IAcrossPool => uint32) private _bundles;

    function deployPool(address wrappedNative) internal returns (IAcrossPool) {
        address implementation = deployPoolImplementation(wrappedNative);
        bytes memory initializer = abi.encodeCall(IAcrossPool.initialize, (FIRST_DEPOSIT_ID, address(this)));
        return IAcrossPool(_deployArtifact("ERC1967Proxy", abi.encode(implementation, initializer)));
    }

    function deployPoolImplementation(address wrappedNative) internal returns (address) {
        return _deployArtifact(
            "Ethereum_SpokePool", abi.encode(wrappedNative, QUOTE_TIME_BUFFER, FILL_DEADLINE_BUFFER, address(0))
        );
    }

    /// @dev As a bundle that brought the one leaf, and whoever executes it.
    function refund(IAcrossPool pool, address token, address[] memory to, uint256[] memory amounts) internal {
        RelayerRefundLeaf memory leaf = RelayerRefundLeaf(0, block.chainid, amounts, 0, token, to);
        uint32 bundle = _relayBundle(pool, keccak256(abi.encode(leaf)), 0);
        pool.executeRelayerRefundLeaf(bundle, leaf, new bytes32[](0));
    }

    function refund(IAcrossPool pool, address token, address to, uint256 amount) internal {
        address[] memory addresses = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (addresses[0], amounts[0]) = (to, amount);
        refund(pool, token, addresses, amounts);
    }

    /// @dev Pays `amount` from what the pool itself holds. Across pays the input less its liquidity providers' fee, which
    /// may be more or less than the order's output.
    function slowFill(IAcrossPool pool, V3RelayData memory relay, uint256 amount) internal {
        V3SlowFill memory leaf = V3SlowFill(relay, block.chainid, amount);
        uint32 bundle = _relayBundle(pool, 0, keccak256(abi.encode(leaf)));
        pool.executeSlowRelayLeaf(leaf, bundle, new bytes32[](0));
    }

    function toBytes32(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function _relayBundle(IAcrossPool pool, bytes32 refundRoot, bytes32 slowRelayRoot) private returns (uint32) {
        pool.relayRootBundle(refundRoot, slowRelayRoot);
        return _bundles[pool]++;
    }

    function _deployArtifact(string memory name, bytes memory arguments) private returns (address deployed) {
        string memory path = string.concat(ARTIFACTS, name, ".sol/", name, ".json");
        bytes memory code = bytes.concat(vm.parseJsonBytes(vm.readFile(path), ".bytecode"), arguments);
        assembly {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        require(deployed != address(0), name);
    }
}
