// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {FeeToken} from "../support/OddTokens.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @title Everything that anybody may do to a vault, in any order
/// @dev Honest and dishonest calls alike. What happened is counted beside the vault, in the simplest way.
contract VaultHandler is VaultTest {
    address[] public accounts;
    address[] public tokens;

    mapping(address token => uint256) public depositedOf;
    mapping(address token => uint256) public paidOf;
    mapping(bytes32 accountAndNonce => uint256) public uses;
    /// @notice What left without both signatures, while paused, or of a checkpoint that was not posted. Must stay 0.
    uint256 public stolen;
    uint256 public paidWhilePaused;
    uint256 public paidTooEarly;
    uint256 public longestPauseEnd;

    // What the runs reached, so that an invariant that holds because nothing happened is noticed.
    uint256 public deposits;
    uint256 public payments;
    uint256 public cancellations;
    uint256 public roots;
    uint256 public pauses;
    uint256 public rotations;

    Replay private _replay;
    uint256 private _nextNonce;
    Withdrawal[] private _signed;

    function setUp() public override {
        vm.recordLogs();
        super.setUp();
        FeeToken odd = new FeeToken();
        list(address(odd));
        tokens = [address(token), address(odd)];
        accounts = [alice, bob, courier];
        _replay = genesisOf(address(registry));
        collectLogs();
    }

    // ---------------------------------------------------------------- what people do

    function depositAny(uint256 who, uint256 which, uint96 amount) external {
        address account = accounts[who % accounts.length];
        address token_ = tokens[which % tokens.length];
        uint256 before = registry.accounted(token_);
        fund(token_, account, uint256(amount) + 1);
        vm.prank(account);
        registry.deposit(token_, uint256(amount) + 1, account, 0);
        depositedOf[token_] += registry.accounted(token_) - before;
        deposits++;
        collectLogs();
    }

    function donate(uint256 which, uint96 amount) external {
        FeeToken(tokens[which % tokens.length]).mint(address(registry), amount);
    }

    /// @dev An approved withdrawal of a checkpoint that may be posted or not, replayed ones among them.
    function withdrawAny(uint256 who, uint256 which, uint96 amount, uint8 ahead, bool again) external {
        Withdrawal memory withdrawal;
        if (again && _signed.length != 0) {
            withdrawal = _signed[who % _signed.length];
        } else {
            withdrawal = fresh(who, which, amount, ahead);
            _signed.push(withdrawal);
        }
        Pair memory pair = signBoth(withdrawal);
        attempt(withdrawal, pair);
    }

    /// @dev One true signature at most, in any combination with forged ones.
    function withdrawUnsigned(uint256 who, uint256 which, uint96 amount, uint256 forgedKey, uint8 forgery) external {
        Withdrawal memory withdrawal = fresh(who, which, amount, 0);
        bytes32 digest = digestOf(registryDomain(), withdrawal);
        forgedKey = boundPrivateKey(forgedKey);
        if (forgedKey == enclaveKey || forgedKey == leaderKey) return;
        bytes memory forged = signed(forgedKey, digest);
        Pair memory pair = signBoth(digest);
        if (forgery % 4 == 0) pair.enclave = forged;
        if (forgery % 4 == 1) pair.leader = forged;
        if (forgery % 4 == 2) pair.enclave = pair.leader;
        if (forgery % 4 == 3) pair.leader = pair.enclave;
        vm.prank(courier);
        try registry.withdraw(withdrawal, pair.enclave, pair.leader) {
            stolen++;
        } catch {}
        collectLogs();
    }

    function withdrawMany(uint256 seed, uint96 amount) external {
        Withdrawal[] memory withdrawals = new Withdrawal[](3);
        bytes[] memory enclaveSignatures = new bytes[](3);
        bytes[] memory leaderSignatures = new bytes[](3);
        for (uint256 i = 0; i < 3; i++) {
            withdrawals[i] = fresh(seed >> i, i, amount, uint8(i) / 2);
            Pair memory pair = signBoth(withdrawals[i]);
            (enclaveSignatures[i], leaderSignatures[i]) = (pair.enclave, pair.leader);
        }
        bool[] memory paid = registry.withdrawMany(withdrawals, enclaveSignatures, leaderSignatures);
        for (uint256 i = 0; i < 3; i++) {
            if (paid[i]) notePayment(withdrawals[i]);
        }
        collectLogs();
    }

    function cancel(uint256 who, uint256 which) external {
        address account = accounts[who % accounts.length];
        uint256 nonce = _nextNonce == 0 ? 0 : which % _nextNonce;
        if (registry.isNonceUsed(account, nonce)) return;
        vm.prank(account);
        registry.cancelWithdrawal(nonce);
        uses[keccak256(abi.encode(account, nonce))]++;
        cancellations++;
        collectLogs();
    }

    // ---------------------------------------------------------------- what the keeper and the council do

    function postNextRoot(uint8 wait, uint8 step) external {
        vm.warp(block.timestamp + wait + 1);
        (, uint64 newest,,) = registry.newestRoot();
        uint64 checkpoint = newest + 1 + step % (uint64(wait) + 1);
        ExitRoots memory next =
            ExitRoots(authority.epoch(), checkpoint, uint64(block.timestamp), leafOf(0, registry.count()));
        post(next, registry.count());
        roots++;
        collectLogs();
    }

    /// @dev Seldom: until the next root nothing is paid.
    function rotate(uint256 newKey) external {
        newKey = boundPrivateKey(newKey);
        if (newKey % 4 != 0 || newKey == enclaveKey) return;
        vm.warp(block.timestamp + 1 days);
        appointLeader(newKey, authority.epoch() + 1);
        leaderKey = newKey;
        rotations++;
        collectLogs();
    }

    /// @dev Seldom: it lasts, and while it lasts nothing is paid.
    function pauseOrUnpause(bool byGuardian, uint8 seldom) external {
        if (seldom % 4 != 0 && !authority.paused()) return;
        vm.prank(byGuardian ? guardian : council);
        try authority.pause() {
            pauses++;
            longestPauseEnd = block.timestamp + 3 days;
        } catch {
            if (authority.paused()) {
                vm.prank(council);
                authority.unpause();
            }
        }
        collectLogs();
    }

    function letTimePass(uint24 time) external {
        vm.warp(block.timestamp + time);
    }

    // ---------------------------------------------------------------- what the invariants ask

    function replay() external view returns (Replay memory) {
        return _replay;
    }

    function vault() external view returns (address) {
        return address(registry);
    }

    function tokenCount() external view returns (uint256) {
        return tokens.length;
    }

    function accountCount() external view returns (uint256) {
        return accounts.length;
    }

    function signedCount() external view returns (uint256) {
        return _signed.length;
    }

    function signedAt(uint256 i) external view returns (Withdrawal memory) {
        return _signed[i];
    }

    function isPaused() external view returns (bool) {
        return authority.paused();
    }

    // ---------------------------------------------------------------- helpers

    function fresh(uint256 who, uint256 which, uint96 amount, uint8 ahead) private returns (Withdrawal memory) {
        address token_ = tokens[which % tokens.length];
        uint256 held = registry.accounted(token_);
        (, uint64 newest,,) = registry.newestRoot();
        return Withdrawal({
            account: accounts[who % accounts.length],
            token: token_,
            amount: held == 0 ? 1 : uint256(amount) % held + 1,
            recipient: makeAddr("outside"),
            nonce: _nextNonce++,
            checkpoint: newest + ahead % 3,
            deadline: uint64(block.timestamp + 1 days)
        });
    }

    function attempt(Withdrawal memory withdrawal, Pair memory pair) private {
        vm.prank(courier);
        try registry.withdraw(withdrawal, pair.enclave, pair.leader) {
            notePayment(withdrawal);
        } catch {}
        collectLogs();
    }

    function notePayment(Withdrawal memory withdrawal) private {
        (uint64 epoch, uint64 newest,,) = registry.newestRoot();
        if (authority.paused()) paidWhilePaused++;
        if (withdrawal.checkpoint > newest || epoch != authority.epoch()) paidTooEarly++;
        paidOf[withdrawal.token] += withdrawal.amount;
        uses[keccak256(abi.encode(withdrawal.account, withdrawal.nonce))]++;
        payments++;
    }

    function collectLogs() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        _replay = replayed(_replay, address(registry), logs);
    }
}
