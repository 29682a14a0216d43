// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DepositRouter} from "../../src/DepositRouter.sol";
import {IPermit2} from "../../src/external/IPermit2.sol";
import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {IDepositRouter} from "../../src/interfaces/IDepositRouter.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {CallbackToken, FeeToken, LyingToken, NoReturnToken} from "../support/OddTokens.sol";
import {Permit2Test} from "../support/Permit2Test.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @dev What tests call of Permit2 besides the router.
interface IPermit2Nonces {
    function invalidateUnorderedNonces(uint256 wordPos, uint256 mask) external;
    function permitTransferFrom(
        IPermit2.PermitTransferFrom calldata permit,
        IPermit2.SignatureTransferDetails calldata details,
        address owner,
        bytes calldata signature
    ) external;
}

/// @dev A wallet that approves what its owner has approved before.
contract ContractWallet {
    bytes32 private _approved;

    function approveDigest(bytes32 digest) external {
        _approved = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == _approved ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @dev Alice signs, anybody sends; mallory sees everything before it is mined.
contract DepositRouterPermit2Test is VaultTest, Permit2Test {
    // Declared by Permit2 and its libraries.
    error InvalidNonce();
    error InvalidSigner();
    error InvalidContractSignature();
    error SignatureExpired(uint256 deadline);

    DepositRouter private _router;
    uint256 private _aliceKey;
    address private _mallory = makeAddr("mallory");

    function setUp() public override {
        super.setUp();
        placePermit2();
        (, _aliceKey) = makeAddrAndKey("alice");
        _router = new DepositRouter(address(registry), makeAddr("wrapped coin"));
        token.mint(alice, 100);
        approvePermit2(address(token), alice);
    }

    function test_depositWithPermit2_depositsForTheAccountThatWasSigned() public {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.Deposited(1, address(token), 60, bob, 7, address(_router));
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        send(courier, permit, bob, 7, signedDeposit(permit, bob, 7));
        assertEq(depositedOf(bob, address(token)), 60);
        assertEq(token.balanceOf(alice), 40);
        assertNothingBehind(address(token));
    }

    function test_depositWithPermit2_worksOnEveryChain() public {
        uint64[3] memory chainIds = [uint64(31337), 8453, 137];
        for (uint256 i = 0; i < 3; i++) {
            vm.chainId(chainIds[i]);
            IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 10);
            permit.nonce = i;
            send(courier, permit, bob, 0, signedDeposit(permit, bob, 0));
            assertEq(depositedOf(bob, address(token)), 10 * (i + 1));
        }
    }

    function testFuzz_depositWithPermit2_leavesNothingBehind(uint96 amount, uint256 nonce, uint256 feePpm, uint32 sub)
        public
    {
        FeeToken fee = new FeeToken();
        list(address(fee));
        amount = uint96(bound(amount, 1, type(uint96).max));
        fee.setFeePpm(bound(feePpm, 0, 400_000));
        fee.mint(alice, amount);
        IPermit2.PermitTransferFrom memory permit = permitOf(address(fee), amount);
        permit.nonce = nonce;
        send(courier, permit, alice, sub, signedDeposit(permit, alice, sub));
        assertEq(depositedOf(alice, address(fee)), fee.balanceOf(address(registry)));
        assertEq(fee.balanceOf(alice), 0);
        assertNothingBehind(address(fee));
    }

    function test_depositWithPermit2_takesTheSignatureOfAContract() public {
        ContractWallet wallet = new ContractWallet();
        token.mint(address(wallet), 100);
        approvePermit2(address(token), address(wallet));
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        vm.expectRevert(InvalidContractSignature.selector);
        _router.depositWithPermit2(address(wallet), permit, bob, 0, "");
        wallet.approveDigest(depositDigest(permit, address(_router), DepositWitness(bob, 0)));
        _router.depositWithPermit2(address(wallet), permit, bob, 0, "");
        assertEq(depositedOf(bob, address(token)), 60);
    }

    // ---------------------------------------------------------------- what the signature binds

    /// @dev A submitter who names himself, another subaccount, more, less, another token, nonce or deadline.
    function test_depositWithPermit2_revertsIfAnythingElseWasSigned() public {
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        bytes memory signature = signedDeposit(permit, alice, 1);
        expectInvalid(permit, _mallory, 1, signature);
        expectInvalid(permit, alice, 0, signature);
        for (uint256 i = 0; i < 5; i++) {
            IPermit2.PermitTransferFrom memory other = permitOf(address(token), 60);
            if (i == 0) other.permitted.amount = 61;
            if (i == 1) other.permitted.amount = 59;
            if (i == 2) other.permitted.token = address(new DevnetToken("Other", "OTHER", 18));
            if (i == 3) other.nonce++;
            if (i == 4) other.deadline++;
            expectInvalid(other, alice, 1, signature);
        }
        send(_mallory, permit, alice, 1, signature);
        assertEq(depositedOf(alice, address(token)), 60);
    }

    function test_depositWithPermit2_revertsOnAnotherChain() public {
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        bytes memory signature = signedDeposit(permit, alice, 0);
        vm.chainId(10);
        expectInvalid(permit, alice, 0, signature);
    }

    function test_depositWithPermit2_revertsThroughAnotherRouter() public {
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        bytes memory signature = signedDeposit(permit, alice, 0);
        DepositRouter other = new DepositRouter(makeAddr("another vault"), address(0));
        vm.expectRevert(InvalidSigner.selector);
        other.depositWithPermit2(alice, permit, alice, 0, signature);
    }

    /// @dev Permit2 lets only the signed spender move anything, and the router only deposits.
    function test_depositWithPermit2_signatureIsOfNoUseToAnybodyElse() public {
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        bytes memory signature = signedDeposit(permit, alice, 0);
        IPermit2.SignatureTransferDetails memory details = IPermit2.SignatureTransferDetails(_mallory, 60);
        vm.startPrank(_mallory);
        vm.expectRevert(InvalidSigner.selector);
        IPermit2Nonces(PERMIT2).permitTransferFrom(permit, details, alice, signature);
        vm.expectRevert(InvalidSigner.selector);
        IPermit2(PERMIT2)
            .permitWitnessTransferFrom(
                permit,
                details,
                alice,
                keccak256(abi.encode(keccak256(bytes(DEPOSIT)), alice, 0)),
                string.concat("Deposit witness)", DEPOSIT, TOKEN_PERMISSIONS),
                signature
            );
        vm.stopPrank();
        assertEq(token.balanceOf(alice), 100);
    }

    /// @dev A signature for the router that names no account does not choose one.
    function test_depositWithPermit2_revertsIfNoAccountWasSigned() public {
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        bytes memory signature = signed(_aliceKey, transferDigest(permit, address(_router)));
        expectInvalid(permit, alice, 0, signature);
        expectInvalid(permit, address(0), 0, signature);
    }

    function test_depositWithPermit2_doesNotSpendAStandingApproval() public {
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        (, uint256 malloryKey) = makeAddrAndKey("mallory");
        bytes memory signature =
            signed(malloryKey, depositDigest(permit, address(_router), DepositWitness(_mallory, 0)));
        expectInvalid(permit, _mallory, 0, signature);
        assertEq(token.balanceOf(alice), 100);
    }

    /// @dev The router answers for no signature.
    function test_depositWithPermit2_doesNotSpendForTheRouter() public {
        token.mint(address(_router), 100);
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        bytes memory signature = signedDeposit(permit, alice, 0);
        vm.expectRevert(bytes(""));
        _router.depositWithPermit2(address(_router), permit, alice, 0, signature);
        assertEq(token.balanceOf(address(_router)), 100);
    }

    // ---------------------------------------------------------------- when it can be used

    /// @dev Who copies the deposit makes exactly that deposit; the second attempt fails and takes nothing.
    function test_depositWithPermit2_isTheSameWhoeverSendsItFirst() public {
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        bytes memory signature = signedDeposit(permit, alice, 3);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.Deposited(1, address(token), 60, alice, 3, address(_router));
        send(_mallory, permit, alice, 3, signature);
        vm.expectRevert(InvalidNonce.selector);
        send(courier, permit, alice, 3, signature);
        assertEq(depositedOf(alice, address(token)), 60);
        assertEq(token.balanceOf(alice), 40);
    }

    function test_depositWithPermit2_revertsAfterItsDeadlineAndOnceItIsCancelled() public {
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        bytes memory signature = signedDeposit(permit, alice, 0);
        uint256 before = vm.snapshotState();
        vm.warp(permit.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(SignatureExpired.selector, permit.deadline));
        send(courier, permit, alice, 0, signature);
        assertTrue(vm.revertToState(before));

        vm.prank(alice);
        IPermit2Nonces(PERMIT2).invalidateUnorderedNonces(permit.nonce >> 8, 1 << (permit.nonce & 0xff));
        vm.expectRevert(InvalidNonce.selector);
        send(courier, permit, alice, 0, signature);
    }

    // ---------------------------------------------------------------- odd tokens

    function test_depositWithPermit2_creditsWhatArrivesAfterTheFee() public {
        FeeToken fee = new FeeToken();
        list(address(fee));
        fee.mint(alice, 1_000_000);
        IPermit2.PermitTransferFrom memory permit = permitOf(address(fee), 1_000_000);
        send(courier, permit, alice, 0, signedDeposit(permit, alice, 0));
        assertEq(depositedOf(alice, address(fee)), 980_100);
        assertEq(fee.balanceOf(address(registry)), 980_100);
        assertNothingBehind(address(fee));
    }

    function test_depositWithPermit2_takesATokenThatReturnsNothing() public {
        NoReturnToken silent = new NoReturnToken();
        list(address(silent));
        silent.mint(alice, 100);
        IPermit2.PermitTransferFrom memory permit = permitOf(address(silent), 60);
        bytes memory signature = signedDeposit(permit, alice, 0);
        vm.expectRevert("TRANSFER_FROM_FAILED");
        send(courier, permit, alice, 0, signature);
        approvePermit2(address(silent), alice);
        send(courier, permit, alice, 0, signature);
        assertEq(depositedOf(alice, address(silent)), 60);
        assertEq(silent.balanceOf(address(_router)), 0);
    }

    function test_depositWithPermit2_revertsIfNothingArrives() public {
        LyingToken lying = new LyingToken();
        list(address(lying));
        lying.mint(address(_router), 100);
        IPermit2.PermitTransferFrom memory permit = permitOf(address(lying), 60);
        bytes memory signature = signedDeposit(permit, alice, 0);
        vm.expectRevert(abi.encodeWithSelector(IDepositRouter.DepositRouter_NothingReceived.selector, lying));
        send(courier, permit, alice, 0, signature);
    }

    function test_depositWithPermit2_creditsNobodyWithWhatWasHereBefore() public {
        token.mint(address(_router), 1_000);
        IPermit2.PermitTransferFrom memory permit = permitOf(address(token), 60);
        send(courier, permit, alice, 0, signedDeposit(permit, alice, 0));
        assertEq(depositedOf(alice, address(token)), 60);
        assertEq(token.balanceOf(address(_router)), 1_000);
    }

    /// @dev Mallory's own transfer calls back and sends alice's deposit, so that her tokens pass while his are measured.
    function test_depositWithPermit2_keepsDepositsApartThatRunWithinEachOther() public {
        CallbackToken callback = new CallbackToken();
        list(address(callback));
        callback.mint(alice, 100);
        callback.mint(_mallory, 1);
        vm.prank(_mallory);
        callback.approve(address(_router), 1);
        IPermit2.PermitTransferFrom memory permit = permitOf(address(callback), 100);
        bytes memory signature = signedDeposit(permit, alice, 0);
        callback.setCallback(
            address(_router), abi.encodeCall(_router.depositWithPermit2, (alice, permit, alice, 0, signature))
        );
        vm.prank(_mallory);
        _router.depositWithPermit(address(callback), 1, _mallory, 0, 0, 0, 0, 0);
        assertEq(depositedOf(alice, address(callback)), 100);
        assertEq(depositedOf(_mallory, address(callback)), 1);
        assertNothingBehind(address(callback));
    }

    function test_depositWithPermit2_revertsOnWhatIsNoToken() public {
        address nobody = makeAddr("nobody");
        IPermit2.PermitTransferFrom memory permit = permitOf(nobody, 60);
        bytes memory signature = signedDeposit(permit, alice, 0);
        vm.expectRevert(abi.encodeWithSelector(IDepositRouter.DepositRouter_NotAToken.selector, nobody));
        send(courier, permit, alice, 0, signature);
    }

    // ---------------------------------------------------------------- helpers

    function permitOf(address odd, uint256 amount) private pure returns (IPermit2.PermitTransferFrom memory) {
        return IPermit2.PermitTransferFrom(IPermit2.TokenPermissions(odd, amount), 0x1234, START + 1 hours);
    }

    function signedDeposit(IPermit2.PermitTransferFrom memory permit, address account, uint32 subaccount)
        private
        view
        returns (bytes memory)
    {
        return signed(_aliceKey, depositDigest(permit, address(_router), DepositWitness(account, subaccount)));
    }

    function send(
        address sender,
        IPermit2.PermitTransferFrom memory permit,
        address account,
        uint32 subaccount,
        bytes memory signature
    ) private {
        vm.prank(sender);
        _router.depositWithPermit2(alice, permit, account, subaccount, signature);
    }

    function expectInvalid(
        IPermit2.PermitTransferFrom memory permit,
        address account,
        uint32 subaccount,
        bytes memory signature
    ) private {
        vm.expectRevert(InvalidSigner.selector);
        send(_mallory, permit, account, subaccount, signature);
    }

    function approvePermit2(address odd, address owner) private {
        vm.prank(owner);
        (bool ok,) = odd.call(abi.encodeCall(token.approve, (PERMIT2, type(uint256).max)));
        assertTrue(ok);
    }

    function depositedOf(address account, address odd) private view returns (uint256 deposited) {
        (deposited,,) = registry.counters(keyOf(account), odd);
    }

    function assertNothingBehind(address odd) private view {
        assertEq(DevnetToken(odd).balanceOf(address(_router)), 0);
        assertEq(DevnetToken(odd).allowance(address(_router), address(registry)), 0);
    }
}
