// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Deploy} from "../../script/Deploy.s.sol";
import {IAcrossPool, IShedImplementation} from "../../script/external/IContractsOfOthers.sol";
import {ISafe} from "../../script/external/ISafe.sol";
import {SafeDeployment} from "../../script/lib/SafeDeployment.sol";
import {ICOWShedFactory} from "../../src/external/ICOWShedFactory.sol";
import {IGPv2Settlement} from "../../src/external/IGPv2Settlement.sol";
import {DevnetToken} from "./DevnetToken.sol";
import {Test} from "forge-std/Test.sol";

/// @dev The script as others call it, from outside, with all files of the configuration in one text.
contract DeployHarness is Deploy {
    string private constant SEPARATOR = "\n---\n";
    uint256 public constant SINCE_BLOCK = 1234;

    function readConfig() external view returns (string memory) {
        ConfigTexts memory texts = _readTexts("contracts/script/config");
        string memory all = texts.shared;
        for (uint256 i = 0; i < texts.chains.length; i++) {
            all = string.concat(all, SEPARATOR, texts.chains[i]);
        }
        return all;
    }

    function deploy(string calldata config, address deployer) external returns (string memory) {
        return _deploy(split(config), deployer, SINCE_BLOCK);
    }

    function addresses(address deployer) external pure returns (Contracts memory) {
        return _addresses(deployer);
    }

    function split(string memory config) public pure returns (ConfigTexts memory texts) {
        string[] memory parts = vm.split(config, SEPARATOR);
        texts.shared = parts[0];
        texts.chains = new string[](parts.length - 1);
        for (uint256 i = 1; i < parts.length; i++) {
            texts.chains[i - 1] = parts[i];
        }
    }
}

/// @title The configuration as it will be once everything is decided, and chains that it fits
/// @dev Safe is real, at its real addresses. Other people's contracts only answer who they are.
abstract contract DeployTest is Test, SafeDeployment {
    address private constant SAFE_SINGLETON_FACTORY = 0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7;

    /// @dev Of secp256k1's generator: a public key must be a point of the curve.
    bytes32 private constant GENERATOR_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;

    DeployHarness internal _script = new DeployHarness();
    SafeContracts internal _safe;
    /// @dev Everything decided.
    string internal _config;
    address internal _deployer = madeUp("the deployer");
    address internal _council;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        deploySafeContracts();
        _council = _deploySafe(_safe, owners(), 3);
        _config = decided(_script.readConfig());
        enterChain(vm.parseJsonUint(shared(), ".homeChainId"));
    }

    /// @dev The same for the same words.
    function madeUp(string memory words) internal pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(words)))));
    }

    function owners() internal pure returns (address[] memory list) {
        list = new address[](5);
        list[0] = madeUp("the council's first owner");
        list[1] = madeUp("the council's second owner");
        list[2] = madeUp("the council's third owner");
        list[3] = madeUp("the council's fourth owner");
        list[4] = madeUp("the council's fifth owner");
    }

    function shared() internal view returns (string memory) {
        return _script.split(_config).shared;
    }

    function chain(uint256 chainId) internal view returns (string memory) {
        string[] memory chains = _script.split(_config).chains;
        for (uint256 i = 0; i < chains.length; i++) {
            if (vm.parseJsonUint(chains[i], ".chainId") == chainId) return chains[i];
        }
        revert("no such chain");
    }

    /// @dev The configuration with another text in place of `text`, wherever it stands.
    function with(string memory text, string memory other) internal view returns (string memory changed) {
        changed = vm.replace(_config, text, other);
        assertNotEq(changed, _config);
    }

    /// @dev A chain with this id on which everything stands that the configuration names.
    function enterChain(uint256 chainId) internal {
        vm.chainId(chainId);
        string memory json = chain(chainId);
        vm.etch(vm.parseJsonAddress(shared(), ".permit2"), hex"fe");
        for (uint256 i = 0; vm.keyExistsJson(json, tokenKey(i)); i++) {
            uint8 decimals = uint8(vm.parseJsonUint(json, string.concat(tokenKey(i), ".decimals")));
            address token = vm.parseJsonAddress(json, string.concat(tokenKey(i), ".token"));
            vm.etch(token, address(new DevnetToken("Token", "TOK", decimals)).code);
        }
        enterPool(vm.parseJsonAddress(json, ".spokePool"), vm.parseJsonAddress(json, ".wrappedNative"));
        enterCow(vm.parseJsonAddress(json, ".cow.settlement"), vm.parseJsonAddress(json, ".cow.vaultRelayer"));
        address factory = vm.parseJsonAddress(json, ".cow.shedFactory");
        if (factory != address(0)) enterShed(factory, vm.parseJsonAddress(json, ".cow.shedImplementation"));
    }

    function enterPool(address pool, address wrappedNative) private {
        vm.etch(pool, hex"fe");
        vm.mockCall(pool, abi.encodeCall(IAcrossPool.chainId, ()), abi.encode(block.chainid));
        vm.mockCall(pool, abi.encodeCall(IAcrossPool.wrappedNativeToken, ()), abi.encode(wrappedNative));
    }

    function enterCow(address settlement, address relayer) private {
        vm.etch(settlement, hex"fe");
        vm.etch(relayer, hex"fe");
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Gnosis Protocol"),
                keccak256("v2"),
                block.chainid,
                settlement
            )
        );
        vm.mockCall(settlement, abi.encodeCall(IGPv2Settlement.domainSeparator, ()), abi.encode(domain));
        vm.mockCall(settlement, abi.encodeCall(IGPv2Settlement.vaultRelayer, ()), abi.encode(relayer));
    }

    function enterShed(address factory, address implementation) private {
        vm.etch(factory, hex"fe");
        vm.etch(implementation, hex"fe");
        vm.mockCall(factory, abi.encodeCall(IShedImplementation.implementation, ()), abi.encode(implementation));
        vm.mockCall(factory, abi.encodePacked(ICOWShedFactory.proxyOf.selector), abi.encode(madeUp("the shed")));
    }

    /// @dev By the deployer and with the creation code of Safe's own deployment.
    function deploySafeContracts() private {
        vm.etch(SAFE_SINGLETON_FACTORY, DETERMINISTIC_DEPLOYER.code);
        _safe.singleton = deployAsSafe("SafeL2.sol/SafeL2.json");
        _safe.proxyFactory = deployAsSafe("proxies/SafeProxyFactory.sol/SafeProxyFactory.json");
        _safe.fallbackHandler =
            deployAsSafe("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json");
    }

    function deployAsSafe(string memory path) private returns (address) {
        (bool ok, bytes memory at) = SAFE_SINGLETON_FACTORY.call(bytes.concat(bytes32(0), _safeCode(path)));
        assertTrue(ok);
        return address(bytes20(at));
    }

    /// @dev Somebody for everything that stands in angle brackets.
    function decided(string memory config) private returns (string memory text) {
        string[] memory parts = vm.split(config, '"<');
        text = parts[0];
        for (uint256 i = 1; i < parts.length; i++) {
            string[] memory halves = vm.split(parts[i], '>"');
            text = string.concat(text, decision(halves[0]), halves[1]);
        }
    }

    function decision(string memory words) private returns (string memory) {
        if (vm.contains(words, "2 or 3")) return "2";
        if (vm.contains(words, "encryption key")) return string.concat('"', vm.toString(GENERATOR_X), '"');
        address account = vm.contains(words, "the council's Safe") ? _council : madeUp(words);
        return string.concat('"', vm.toString(account), '"');
    }

    function tokenKey(uint256 i) private pure returns (string memory) {
        return string.concat(".tokens[", vm.toString(i), "]");
    }
}
