// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Authority} from "../../src/Authority.sol";
import {Checkpointer} from "../../src/Checkpointer.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {AuthorityGenesis, TokenListing} from "../../src/types/Listings.sol";
import {AcceptLeader, ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {CowContracts} from "../../src/types/Settlement.sol";
import {Limit} from "../../src/types/VaultState.sol";
import {DevnetToken} from "./DevnetToken.sol";
import {LogReplay} from "./LogReplay.sol";
import {Signing} from "./Signing.sol";

/// @title One home chain with a vault, an authority and a checkpointer, led by a leader
/// @dev Council and governor are plain addresses here; the real Safe and timelock are in integration/.
abstract contract VaultTest is Test, Signing, LogReplay {
    uint64 internal constant START = 1_800_000_000;
    uint256 internal constant HOME = 1;
    uint256 internal constant CAP = 1e30;
    uint64 internal constant EPOCH = 1;

    address internal council = makeAddr("council");
    address internal governor = makeAddr("governor");
    address internal slowGovernor = makeAddr("slow governor");
    address internal guardian = makeAddr("guardian");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal courier = makeAddr("courier");
    address internal enclave;
    address internal leader;
    uint256 internal enclaveKey;
    uint256 internal leaderKey;

    Authority internal authority;
    DepositRegistry internal registry;
    Checkpointer internal checkpointer;
    DevnetToken internal token;
    /// @dev 0: no shuttles.
    address internal spokePool;

    function setUp() public virtual {
        vm.warp(START);
        vm.chainId(HOME);
        (enclave, enclaveKey) = makeAddrAndKey("enclave");
        (leader, leaderKey) = makeAddrAndKey("leader");
        token = new DevnetToken("Token", "TOK", 18);
        deployProtocol();
        appointLeader(leaderKey, EPOCH);
    }

    function deployProtocol() internal {
        TokenListing[] memory tokens = new TokenListing[](1);
        tokens[0] = listingOf(address(token), CAP);

        uint64 nonce = vm.getNonce(address(this));
        address registryAt = vm.computeCreateAddress(address(this), nonce + 1);
        address checkpointerAt = vm.computeCreateAddress(address(this), nonce + 2);
        authority = new Authority(authorityGenesis(registryAt, checkpointerAt));
        registry = newRegistry(checkpointerAt, 0, tokens);
        checkpointer = new Checkpointer(address(authority), 0);
    }

    function authorityGenesis(address registryAt, address checkpointerAt)
        internal
        view
        returns (AuthorityGenesis memory)
    {
        address[] memory guardians = new address[](1);
        guardians[0] = guardian;
        return AuthorityGenesis({
            council: council,
            governor: governor,
            slowGovernor: slowGovernor,
            registry: registryAt,
            checkpointer: checkpointerAt,
            enclave: enclave,
            guardians: guardians,
            leaderDelay: 24 hours,
            staleAfter: 15 minutes
        });
    }

    function newRegistry(address checkpointer_, uint40 startCheckpoint, TokenListing[] memory listings)
        internal
        returns (DepositRegistry)
    {
        return new DepositRegistry(
            address(authority), HOME, checkpointer_, startCheckpoint, listings, cowContracts(), spokePool, 0.001 ether
        );
    }

    /// @dev Most tests do without CoW Protocol.
    function cowContracts() internal view virtual returns (CowContracts memory) {}

    // ---------------------------------------------------------------- leadership

    /// @dev One who follows another is accepted once that one has been silent for an hour without a pause.
    function appointLeader(uint256 key, uint64 epoch) internal {
        vm.prank(council);
        authority.proposeLeader(vm.addr(key), epoch, "evidence");
        if (authority.epoch() != 0) letRun(authority.heartbeatAt(), 1 hours + 1);
        authority.acceptLeader(acceptance(key, epoch));
    }

    function acceptance(uint256 key, uint64 epoch) internal view returns (bytes memory) {
        return signed(key, digestOf(authorityDomain(), AcceptLeader(vm.addr(key), epoch, 0)));
    }

    /// @dev Until so many seconds since `from` were not paused; a running pause is waited for in any case.
    function letRun(uint64 from, uint64 time) internal {
        if (authority.paused()) vm.warp(authority.pausedUntil());
        uint64 ran = authority.runningSeconds(from, uint64(block.timestamp));
        if (ran < time) vm.warp(block.timestamp + time - ran);
    }

    function pause() internal {
        vm.prank(council);
        authority.pause();
    }

    // ---------------------------------------------------------------- deposits

    function deposit(address account, uint256 amount) internal {
        token.mint(account, amount);
        vm.startPrank(account);
        token.approve(address(registry), amount);
        registry.deposit(address(token), amount, account, 0);
        vm.stopPrank();
    }

    /// @dev Limits that nobody notices.
    function listingOf(address token_, uint256 depositCap) internal pure returns (TokenListing memory) {
        Limit memory wide = Limit(type(uint104).max, 1 days);
        return TokenListing(token_, depositCap, wide, wide, wide, false);
    }

    function keyOf(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function list(address odd) internal {
        vm.prank(governor);
        registry.listToken(listingOf(odd, CAP));
    }

    /// @dev Prints `amount` of any of the test tokens for `account`, who lets the vault take it.
    function fund(address odd, address account, uint256 amount) internal {
        DevnetToken(odd).mint(account, amount);
        approve(odd, account, amount);
    }

    /// @dev By hand, because some tokens return nothing.
    function approve(address odd, address account, uint256 amount) internal {
        vm.prank(account);
        (bool ok,) = odd.call(abi.encodeCall(token.approve, (address(registry), amount)));
        assertTrue(ok);
    }

    /// @dev As after so many entries, by anybody. `count` is the lowest field of the second slot.
    function setLogLength(uint40 length) internal {
        bytes32 slot = vm.load(address(registry), bytes32(uint256(1)));
        slot = bytes32((uint256(slot) >> 40 << 40) | length);
        vm.store(address(registry), bytes32(uint256(1)), slot);
        assertEq(registry.count(), length);
    }

    // ---------------------------------------------------------------- exit roots

    /// @dev One chain only: the root is the leaf.
    function rootsOf(uint64 checkpoint) internal view returns (ExitRoots memory) {
        return ExitRoots(EPOCH, checkpoint, uint64(block.timestamp), leafOf(0, registry.count()));
    }

    function leafOf(bytes32 treeRoot, uint64 processedIndex) internal view returns (bytes32) {
        return
            keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(registry), treeRoot, processedIndex))));
    }

    function postRoot(uint64 checkpoint) internal {
        post(rootsOf(checkpoint), registry.count());
    }

    function post(ExitRoots memory roots, uint64 processedIndex) internal {
        Pair memory pair = signBoth(roots);
        registry.postExitRoot(roots, 0, processedIndex, new bytes32[](0), pair.enclave, pair.leader);
    }

    /// @dev Lets so much time pass that `checkpoint` may be posted, and posts it.
    function reachRoot(uint64 checkpoint) internal {
        vm.warp(block.timestamp + checkpoint + 1);
        postRoot(checkpoint);
    }

    // ---------------------------------------------------------------- withdrawals

    function withdrawalOf(address account, uint256 amount, uint256 nonce) internal view returns (Withdrawal memory) {
        return Withdrawal({
            account: account,
            token: address(token),
            amount: amount,
            recipient: account,
            nonce: nonce,
            checkpoint: 1,
            deadline: uint64(block.timestamp + 1 days)
        });
    }

    function withdraw(Withdrawal memory withdrawal) internal {
        submit(withdrawal, signBoth(withdrawal));
    }

    function submit(Withdrawal memory withdrawal, Pair memory pair) internal {
        vm.prank(courier);
        registry.withdraw(withdrawal, pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- signatures

    function signBoth(Withdrawal memory withdrawal) internal view returns (Pair memory) {
        return signBoth(digestOf(registryDomain(), withdrawal));
    }

    function signBoth(ExitRoots memory roots) internal view returns (Pair memory) {
        return signBoth(digestOf(checkpointerDomain(), roots));
    }

    function signBoth(bytes32 digest) internal view returns (Pair memory) {
        return Pair(signed(enclaveKey, digest), signed(leaderKey, digest));
    }

    function registryDomain() internal view returns (Domain memory) {
        return Domain("MyrtleWyckoff DepositRegistry", "1", block.chainid, address(registry));
    }

    function checkpointerDomain() internal view returns (Domain memory) {
        return Domain("MyrtleWyckoff Checkpointer", "1", HOME, address(checkpointer));
    }

    function authorityDomain() internal view returns (Domain memory) {
        return Domain("MyrtleWyckoff Authority", "1", block.chainid, address(authority));
    }
}
