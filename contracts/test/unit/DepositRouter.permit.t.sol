// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DepositRouter} from "../../src/DepositRouter.sol";
import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {IDepositRouter} from "../../src/interfaces/IDepositRouter.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {
    AnyCallToken,
    CallbackToken,
    FalseReturnToken,
    FeeToken,
    LyingToken,
    NoReturnToken,
    TakingToken
} from "../support/OddTokens.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @dev Alice signs and sends; mallory sees everything before it is mined.
contract DepositRouterPermitTest is VaultTest {
    string private constant PERMIT =
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";

    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }

    struct Signature {
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    DepositRouter private _router;
    uint256 private _aliceKey;
    address private _mallory = makeAddr("mallory");

    function setUp() public override {
        super.setUp();
        (, _aliceKey) = makeAddrAndKey("alice");
        _router = new DepositRouter(address(registry), makeAddr("wrapped coin"));
        token.mint(alice, 100);
    }

    function test_depositWithPermit_depositsForTheAccount() public {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.Deposited(1, address(token), 60, bob, 7, address(_router));
        depositWithPermit(alice, 60, bob, 7, permitOf(60, 0));
        assertEq(depositedOf(bob, address(token)), 60);
        assertEq(token.balanceOf(alice), 40);
        assertNothingBehind(address(token));
        assertEq(token.allowance(alice, address(_router)), 0);
    }

    function testFuzz_depositWithPermit_leavesNothingBehind(uint96 amount, uint256 feePpm, uint32 subaccount) public {
        FeeToken fee = new FeeToken();
        list(address(fee));
        amount = uint96(bound(amount, 1, type(uint96).max));
        fee.setFeePpm(bound(feePpm, 0, 400_000));
        fee.mint(alice, amount);
        approveRouter(address(fee), alice, amount);
        depositApproved(address(fee), alice, amount, alice, subaccount);
        assertEq(depositedOf(alice, address(fee)), fee.balanceOf(address(registry)));
        assertNothingBehind(address(fee));
    }

    // ---------------------------------------------------------------- who uses the permit first

    function test_depositWithPermit_isNotHeldUpByOneWhoUsesThePermitFirst() public {
        Signature memory signature = permitOf(60, 0);
        vm.prank(_mallory);
        token.permit(alice, address(_router), 60, deadline(), signature.v, signature.r, signature.s);
        depositWithPermit(alice, 60, alice, 0, signature);
        assertEq(depositedOf(alice, address(token)), 60);
    }

    /// @dev The permit says nothing about the account, so it must not serve whoever saw it.
    function test_depositWithPermit_doesNotServeAnotherCaller() public {
        Signature memory signature = permitOf(60, 0);
        expectRefused(0);
        depositWithPermit(_mallory, 60, _mallory, 0, signature);

        vm.prank(_mallory);
        token.permit(alice, address(_router), 60, deadline(), signature.v, signature.r, signature.s);
        expectRefused(0);
        depositWithPermit(_mallory, 60, _mallory, 0, signature);
        assertEq(token.balanceOf(alice), 100);
    }

    function test_depositWithPermit_doesNotSpendWhatSomebodyElseApproved() public {
        approveRouter(address(token), alice, type(uint256).max);
        Signature memory signature = permitOf(60, 0);
        expectRefused(0);
        depositWithPermit(_mallory, 60, _mallory, 0, signature);
        assertEq(token.balanceOf(alice), 100);
    }

    /// @dev With such a token any "permit" for anybody passes: only that the caller is the payer protects the others.
    function test_depositWithPermit_doesNotSpendAnApprovalOfATokenThatTakesAnyCall() public {
        AnyCallToken any = new AnyCallToken();
        list(address(any));
        any.mint(alice, 100);
        approveRouter(address(any), alice, type(uint256).max);
        vm.expectRevert(IDepositRouter.TransferFromFailed.selector);
        depositApproved(address(any), _mallory, 60, _mallory, 0);
        assertEq(any.balanceOf(alice), 100);

        depositApproved(address(any), alice, 60, alice, 0);
        assertEq(depositedOf(alice, address(any)), 60);
    }

    function test_depositWithPermit_revertsIfThePermitIsRefused() public {
        Signature memory signature = permitOf(60, 0);
        depositWithPermit(alice, 60, alice, 0, signature);
        expectRefused(0, 60);
        depositWithPermit(alice, 60, alice, 0, signature);

        approveRouter(address(token), alice, 39);
        signature = permitOf(41, 1);
        expectRefused(39, 40);
        depositWithPermit(alice, 40, alice, 0, signature);

        vm.warp(deadline() + 1);
        expectRefused(39, 41);
        depositWithPermit(alice, 41, alice, 0, signature);
    }

    function test_depositWithPermit_takesAStandingApprovalWhereThePermitIsRefused() public {
        approveRouter(address(token), alice, 40);
        depositWithPermit(alice, 40, alice, 0, Signature(27, 0, 0));
        assertEq(depositedOf(alice, address(token)), 40);
    }

    // ---------------------------------------------------------------- odd tokens

    function test_depositWithPermit_takesATokenThatKnowsNoPermit() public {
        NoReturnToken silent = new NoReturnToken();
        list(address(silent));
        silent.mint(alice, 100);
        approveRouter(address(silent), alice, 60);
        depositApproved(address(silent), alice, 60, alice, 0);
        assertEq(depositedOf(alice, address(silent)), 60);
        assertEq(silent.balanceOf(address(_router)), 0);
        assertEq(silent.allowance(address(_router), address(registry)), 0);
    }

    function test_depositWithPermit_creditsWhatArrivesAfterTheFee() public {
        FeeToken fee = new FeeToken();
        list(address(fee));
        fee.mint(alice, 1_000_000);
        approveRouter(address(fee), alice, 1_000_000);
        depositApproved(address(fee), alice, 1_000_000, alice, 0);
        // 1 % on the way to the router, and again to the vault.
        assertEq(depositedOf(alice, address(fee)), 980_100);
        assertEq(fee.balanceOf(address(registry)), 980_100);
        assertNothingBehind(address(fee));
    }

    function test_depositWithPermit_creditsNobodyWithWhatWasHereBefore() public {
        token.mint(address(_router), 1_000);
        depositWithPermit(alice, 60, alice, 0, permitOf(60, 0));
        assertEq(depositedOf(alice, address(token)), 60);
        assertEq(token.balanceOf(address(_router)), 1_000);
    }

    function test_depositWithPermit_revertsIfNothingArrives() public {
        address[2] memory tokens = [address(new LyingToken()), address(new TakingToken())];
        for (uint256 i = 0; i < 2; i++) {
            list(tokens[i]);
            DevnetToken(tokens[i]).mint(address(_router), 100);
            approveRouter(tokens[i], alice, 60);
            vm.expectRevert(abi.encodeWithSelector(IDepositRouter.DepositRouter_NothingReceived.selector, tokens[i]));
            depositApproved(tokens[i], alice, 60, alice, 0);
        }
        FalseReturnToken broken = new FalseReturnToken();
        list(address(broken));
        broken.mint(alice, 60);
        approveRouter(address(broken), alice, 60);
        broken.setBroken(true);
        vm.expectRevert(IDepositRouter.TransferFromFailed.selector);
        depositApproved(address(broken), alice, 60, alice, 0);
    }

    /// @dev In the middle of alice's deposit, when the router holds her tokens, mallory deposits his one.
    function test_depositWithPermit_keepsDepositsApartThatRunWithinEachOther() public {
        CallbackToken callback = new CallbackToken();
        list(address(callback));
        callback.mint(alice, 100);
        callback.mint(address(callback), 1);
        vm.prank(address(callback));
        callback.approve(address(_router), 1);
        approveRouter(address(callback), alice, 100);
        callback.setCallback(
            address(_router), abi.encodeCall(_router.depositWithPermit, (address(callback), 1, _mallory, 0, 0, 0, 0, 0))
        );
        depositApproved(address(callback), alice, 100, alice, 0);
        assertTrue(callback.called());
        assertEq(depositedOf(alice, address(callback)), 100);
        assertEq(depositedOf(_mallory, address(callback)), 1);
        assertNothingBehind(address(callback));
    }

    function test_depositWithPermit_revertsOnWhatIsNoToken() public {
        address[3] memory others = [makeAddr("nobody"), address(registry), address(_router)];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(IDepositRouter.DepositRouter_NotAToken.selector, others[i]));
            depositApproved(others[i], alice, 1, alice, 0);
        }
    }

    function test_depositWithPermit_revertsIfTheTokenIsNotListed() public {
        DevnetToken other = new DevnetToken("Other", "OTHER", 18);
        other.mint(alice, 1);
        approveRouter(address(other), alice, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, address(other))
        );
        depositApproved(address(other), alice, 1, alice, 0);
    }

    // ---------------------------------------------------------------- helpers

    function depositWithPermit(
        address caller,
        uint256 amount,
        address account,
        uint32 subaccount,
        Signature memory signature
    ) private {
        vm.prank(caller);
        _router.depositWithPermit(
            address(token), amount, account, subaccount, deadline(), signature.v, signature.r, signature.s
        );
    }

    /// @dev With a permit that no token accepts.
    function depositApproved(address odd, address caller, uint256 amount, address account, uint32 subaccount) private {
        vm.prank(caller);
        _router.depositWithPermit(odd, amount, account, subaccount, 0, 0, 0, 0);
    }

    function permitOf(uint256 amount, uint256 nonce) private view returns (Signature memory signature) {
        Permit memory permit = Permit(alice, address(_router), amount, nonce, deadline());
        bytes32 structHash = vm.eip712HashStruct(PERMIT, abi.encode(permit));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (signature.v, signature.r, signature.s) = vm.sign(_aliceKey, digest);
    }

    function deadline() private pure returns (uint256) {
        return START + 1 days;
    }

    function approveRouter(address odd, address account, uint256 amount) private {
        vm.prank(account);
        (bool ok,) = odd.call(abi.encodeCall(token.approve, (address(_router), amount)));
        assertTrue(ok);
    }

    function expectRefused(uint256 allowance) private {
        expectRefused(allowance, 60);
    }

    function expectRefused(uint256 allowance, uint256 amount) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IDepositRouter.DepositRouter_PermitRefused.selector, address(token), allowance, amount
            )
        );
    }

    function depositedOf(address account, address odd) private view returns (uint256 deposited) {
        (deposited,,) = registry.counters(keyOf(account), odd);
    }

    function assertNothingBehind(address odd) private view {
        assertEq(DevnetToken(odd).balanceOf(address(_router)), 0);
        assertEq(DevnetToken(odd).allowance(address(_router), address(registry)), 0);
    }
}
