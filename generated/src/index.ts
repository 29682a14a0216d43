//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////
// Authority
//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////

export const authorityAbi = [
  {
    type: 'constructor',
    inputs: [
      { name: 'council_', internalType: 'address', type: 'address' },
      { name: 'governor_', internalType: 'address', type: 'address' },
      { name: 'slowGovernor_', internalType: 'address', type: 'address' },
      { name: 'registry_', internalType: 'address', type: 'address' },
      { name: 'enclave_', internalType: 'address', type: 'address' },
      { name: 'guardians', internalType: 'address[]', type: 'address[]' },
      { name: 'leaderDelay_', internalType: 'uint64', type: 'uint64' },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'MIN_LEADER_DELAY',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'PAUSE_LIMIT',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'PAUSE_REFILL',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'PROPOSAL_LIFE',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'STALE_AFTER',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'candidateSignature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'acceptLeader',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'guardian_', internalType: 'address', type: 'address' }],
    name: 'armGuardian',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'cancelProposal',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'enclave_', internalType: 'address', type: 'address' }],
    name: 'changeEnclave',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'guardian_', internalType: 'address', type: 'address' },
      { name: 'listed', internalType: 'bool', type: 'bool' },
    ],
    name: 'changeGuardian',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'council',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'count',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'eip712Domain',
    outputs: [
      { name: 'fields', internalType: 'bytes1', type: 'bytes1' },
      { name: 'name', internalType: 'string', type: 'string' },
      { name: 'version', internalType: 'string', type: 'string' },
      { name: 'chainId', internalType: 'uint256', type: 'uint256' },
      { name: 'verifyingContract', internalType: 'address', type: 'address' },
      { name: 'salt', internalType: 'bytes32', type: 'bytes32' },
      { name: 'extensions', internalType: 'uint256[]', type: 'uint256[]' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'enclave',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'epoch',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'governor',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'account', internalType: 'address', type: 'address' }],
    name: 'guardian',
    outputs: [
      { name: 'listed', internalType: 'bool', type: 'bool' },
      { name: 'armed', internalType: 'bool', type: 'bool' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'head',
    outputs: [{ name: '', internalType: 'bytes32', type: 'bytes32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'heartbeatAt',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'leader',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'leaderDelay',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'pause',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'paused',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'pausedUntil',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'proposal',
    outputs: [
      { name: 'candidate', internalType: 'address', type: 'address' },
      { name: 'epoch', internalType: 'uint64', type: 'uint64' },
      { name: 'evidenceDigest', internalType: 'bytes32', type: 'bytes32' },
      { name: 'readyAt', internalType: 'uint64', type: 'uint64' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'candidate', internalType: 'address', type: 'address' },
      { name: 'epoch_', internalType: 'uint64', type: 'uint64' },
      { name: 'evidenceDigest', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'proposeLeader',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'registry',
    outputs: [
      { name: '', internalType: 'contract IDepositRegistry', type: 'address' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'from', internalType: 'uint64', type: 'uint64' },
      { name: 'to', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'runningSeconds',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'signers',
    outputs: [
      { name: 'enclave_', internalType: 'address', type: 'address' },
      { name: 'leader_', internalType: 'address', type: 'address' },
      { name: 'epoch_', internalType: 'uint64', type: 'uint64' },
      { name: 'paused_', internalType: 'bool', type: 'bool' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'slowGovernor',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'unpause',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'vacateLeader',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'enclave',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
    ],
    name: 'EnclaveChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'guardian',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      { name: 'armed', internalType: 'bool', type: 'bool', indexed: false },
    ],
    name: 'GuardianChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'leader',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      { name: 'epoch', internalType: 'uint64', type: 'uint64', indexed: false },
      {
        name: 'expectedTip',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
    ],
    name: 'LeaderChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'candidate',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      { name: 'epoch', internalType: 'uint64', type: 'uint64', indexed: false },
      {
        name: 'evidenceDigest',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'readyAt',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
    ],
    name: 'LeaderProposed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'by', internalType: 'address', type: 'address', indexed: false },
      { name: 'until', internalType: 'uint64', type: 'uint64', indexed: false },
    ],
    name: 'Paused',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'candidate',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      { name: 'epoch', internalType: 'uint64', type: 'uint64', indexed: false },
    ],
    name: 'ProposalCancelled',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'by', internalType: 'address', type: 'address', indexed: false },
    ],
    name: 'Unpaused',
  },
  {
    type: 'error',
    inputs: [{ name: 'until', internalType: 'uint64', type: 'uint64' }],
    name: 'Authority_AlreadyPaused',
  },
  {
    type: 'error',
    inputs: [
      { name: 'delay', internalType: 'uint64', type: 'uint64' },
      { name: 'minimum', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'Authority_DelayTooShort',
  },
  {
    type: 'error',
    inputs: [{ name: 'key', internalType: 'address', type: 'address' }],
    name: 'Authority_EnclaveCannotLead',
  },
  {
    type: 'error',
    inputs: [
      { name: 'epoch', internalType: 'uint64', type: 'uint64' },
      { name: 'current', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'Authority_EpochNotGrowing',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'Authority_MayNotPause',
  },
  { type: 'error', inputs: [], name: 'Authority_NoLeader' },
  { type: 'error', inputs: [], name: 'Authority_NoProposal' },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'Authority_NotCouncil',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'Authority_NotGovernor',
  },
  {
    type: 'error',
    inputs: [{ name: 'guardian', internalType: 'address', type: 'address' }],
    name: 'Authority_NotGuardian',
  },
  { type: 'error', inputs: [], name: 'Authority_NotPaused' },
  {
    type: 'error',
    inputs: [{ name: 'recovered', internalType: 'address', type: 'address' }],
    name: 'Authority_NotSignedByCandidate',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'Authority_NotSlowGovernor',
  },
  { type: 'error', inputs: [], name: 'Authority_PauseUsedUp' },
  {
    type: 'error',
    inputs: [{ name: 'lapsedAt', internalType: 'uint64', type: 'uint64' }],
    name: 'Authority_ProposalLapsed',
  },
  {
    type: 'error',
    inputs: [{ name: 'readyAt', internalType: 'uint64', type: 'uint64' }],
    name: 'Authority_ProposalNotReady',
  },
  { type: 'error', inputs: [], name: 'Authority_ZeroAddress' },
  { type: 'error', inputs: [], name: 'CheckpointUnorderedInsertion' },
] as const

//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////
// Checkpointer
//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////

export const checkpointerAbi = [
  {
    type: 'constructor',
    inputs: [
      { name: 'authority_', internalType: 'address', type: 'address' },
      { name: 'ringSize_', internalType: 'uint64', type: 'uint64' },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'authority',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'checkpoint_',
        internalType: 'struct Checkpoint',
        type: 'tuple',
        components: [
          { name: 'number', internalType: 'uint64', type: 'uint64' },
          { name: 'epoch', internalType: 'uint64', type: 'uint64' },
          { name: 'parent', internalType: 'bytes32', type: 'bytes32' },
          { name: 'stateHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'payloadHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'withdrawalsHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'settlementsHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'journalIndex', internalType: 'uint64', type: 'uint64' },
        ],
      },
      { name: 'payload', internalType: 'bytes', type: 'bytes' },
      {
        name: 'withdrawals',
        internalType: 'struct Withdrawal[]',
        type: 'tuple[]',
        components: [
          { name: 'account', internalType: 'address', type: 'address' },
          { name: 'token', internalType: 'address', type: 'address' },
          { name: 'amount', internalType: 'uint256', type: 'uint256' },
          { name: 'recipient', internalType: 'address', type: 'address' },
          { name: 'nonce', internalType: 'uint256', type: 'uint256' },
          { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
          { name: 'deadline', internalType: 'uint64', type: 'uint64' },
        ],
      },
      { name: 'ciphertexts', internalType: 'bytes[]', type: 'bytes[]' },
      { name: 'enclaveSignature', internalType: 'bytes', type: 'bytes' },
      { name: 'leaderSignature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'checkpoint',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'count',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'eip712Domain',
    outputs: [
      { name: 'fields', internalType: 'bytes1', type: 'bytes1' },
      { name: 'name', internalType: 'string', type: 'string' },
      { name: 'version', internalType: 'string', type: 'string' },
      { name: 'chainId', internalType: 'uint256', type: 'uint256' },
      { name: 'verifyingContract', internalType: 'address', type: 'address' },
      { name: 'salt', internalType: 'bytes32', type: 'bytes32' },
      { name: 'extensions', internalType: 'uint256[]', type: 'uint256[]' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'head',
    outputs: [{ name: '', internalType: 'bytes32', type: 'bytes32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'kept',
    outputs: [
      { name: 'oldest', internalType: 'uint64', type: 'uint64' },
      { name: 'newest', internalType: 'uint64', type: 'uint64' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'number', internalType: 'uint64', type: 'uint64' }],
    name: 'payloadOf',
    outputs: [
      {
        name: 'checkpoint_',
        internalType: 'struct Checkpoint',
        type: 'tuple',
        components: [
          { name: 'number', internalType: 'uint64', type: 'uint64' },
          { name: 'epoch', internalType: 'uint64', type: 'uint64' },
          { name: 'parent', internalType: 'bytes32', type: 'bytes32' },
          { name: 'stateHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'payloadHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'withdrawalsHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'settlementsHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'journalIndex', internalType: 'uint64', type: 'uint64' },
        ],
      },
      { name: 'payload', internalType: 'bytes', type: 'bytes' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'ringSize',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'tip',
    outputs: [
      { name: 'number', internalType: 'uint64', type: 'uint64' },
      { name: 'digest', internalType: 'bytes32', type: 'bytes32' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'checkpoint',
        internalType: 'struct Checkpoint',
        type: 'tuple',
        components: [
          { name: 'number', internalType: 'uint64', type: 'uint64' },
          { name: 'epoch', internalType: 'uint64', type: 'uint64' },
          { name: 'parent', internalType: 'bytes32', type: 'bytes32' },
          { name: 'stateHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'payloadHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'withdrawalsHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'settlementsHash', internalType: 'bytes32', type: 'bytes32' },
          { name: 'journalIndex', internalType: 'uint64', type: 'uint64' },
        ],
        indexed: false,
      },
      { name: 'payload', internalType: 'bytes', type: 'bytes', indexed: false },
    ],
    name: 'Checkpointed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'number',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'ciphertexts',
        internalType: 'bytes[]',
        type: 'bytes[]',
        indexed: false,
      },
    ],
    name: 'SettlementOrders',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'number',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'withdrawals',
        internalType: 'struct Withdrawal[]',
        type: 'tuple[]',
        components: [
          { name: 'account', internalType: 'address', type: 'address' },
          { name: 'token', internalType: 'address', type: 'address' },
          { name: 'amount', internalType: 'uint256', type: 'uint256' },
          { name: 'recipient', internalType: 'address', type: 'address' },
          { name: 'nonce', internalType: 'uint256', type: 'uint256' },
          { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
          { name: 'deadline', internalType: 'uint64', type: 'uint64' },
        ],
        indexed: false,
      },
    ],
    name: 'WithdrawalsApproved',
  },
  {
    type: 'error',
    inputs: [
      { name: 'number', internalType: 'uint64', type: 'uint64' },
      { name: 'oldest', internalType: 'uint64', type: 'uint64' },
      { name: 'newest', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'Checkpointer_NotKept',
  },
  { type: 'error', inputs: [], name: 'Checkpointer_Paused' },
  {
    type: 'error',
    inputs: [
      { name: 'epoch', internalType: 'uint64', type: 'uint64' },
      { name: 'current', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'Checkpointer_WrongEpoch',
  },
  {
    type: 'error',
    inputs: [
      { name: 'number', internalType: 'uint64', type: 'uint64' },
      { name: 'expected', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'Checkpointer_WrongNumber',
  },
  {
    type: 'error',
    inputs: [
      { name: 'parent', internalType: 'bytes32', type: 'bytes32' },
      { name: 'expected', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'Checkpointer_WrongParent',
  },
  {
    type: 'error',
    inputs: [
      { name: 'payloadHash', internalType: 'bytes32', type: 'bytes32' },
      { name: 'expected', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'Checkpointer_WrongPayload',
  },
  {
    type: 'error',
    inputs: [
      { name: 'settlementsHash', internalType: 'bytes32', type: 'bytes32' },
      { name: 'expected', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'Checkpointer_WrongSettlements',
  },
  {
    type: 'error',
    inputs: [
      { name: 'withdrawalsHash', internalType: 'bytes32', type: 'bytes32' },
      { name: 'expected', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'Checkpointer_WrongWithdrawals',
  },
  { type: 'error', inputs: [], name: 'Signatures_NoLeader' },
  {
    type: 'error',
    inputs: [
      { name: 'first', internalType: 'address', type: 'address' },
      { name: 'second', internalType: 'address', type: 'address' },
    ],
    name: 'Signatures_NotBoth',
  },
] as const

//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////
// DepositRegistry
//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////

export const depositRegistryAbi = [
  {
    type: 'constructor',
    inputs: [
      { name: 'authority_', internalType: 'address', type: 'address' },
      { name: 'homeChainId', internalType: 'uint256', type: 'uint256' },
      { name: 'checkpointer', internalType: 'address', type: 'address' },
      { name: 'startCheckpoint', internalType: 'uint40', type: 'uint40' },
      {
        name: 'listings',
        internalType: 'struct TokenListing[]',
        type: 'tuple[]',
        components: [
          { name: 'token', internalType: 'address', type: 'address' },
          { name: 'depositCap', internalType: 'uint256', type: 'uint256' },
          {
            name: 'withdrawalLimit',
            internalType: 'struct Limit',
            type: 'tuple',
            components: [
              { name: 'capacity', internalType: 'uint112', type: 'uint112' },
              { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
            ],
          },
          {
            name: 'settlementLimit',
            internalType: 'struct Limit',
            type: 'tuple',
            components: [
              { name: 'capacity', internalType: 'uint112', type: 'uint112' },
              { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
            ],
          },
          {
            name: 'shuttleLimit',
            internalType: 'struct Limit',
            type: 'tuple',
            components: [
              { name: 'capacity', internalType: 'uint112', type: 'uint112' },
              { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
            ],
          },
          { name: 'settleable', internalType: 'bool', type: 'bool' },
        ],
      },
      {
        name: 'cow',
        internalType: 'struct CowContracts',
        type: 'tuple',
        components: [
          { name: 'settlement', internalType: 'address', type: 'address' },
          { name: 'shedFactory', internalType: 'address', type: 'address' },
        ],
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'ROOT_MATURES_AFTER',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'accounted',
    outputs: [{ name: '', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'authority',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'nonce', internalType: 'uint256', type: 'uint256' }],
    name: 'cancelWithdrawal',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'depositCap', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'changeDepositCap',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'kind', internalType: 'enum OutflowKind', type: 'uint8' },
      {
        name: 'limit',
        internalType: 'struct Limit',
        type: 'tuple',
        components: [
          { name: 'capacity', internalType: 'uint112', type: 'uint112' },
          { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
        ],
      },
    ],
    name: 'changeLimit',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'settleable', internalType: 'bool', type: 'bool' },
    ],
    name: 'changeSettleable',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'orderDigest', internalType: 'bytes32', type: 'bytes32' },
      { name: 'signature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'checkLaneSignature',
    outputs: [{ name: '', internalType: 'bytes4', type: 'bytes4' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'intent',
        internalType: 'struct SettlementIntent',
        type: 'tuple',
        components: [
          { name: 'nonce', internalType: 'bytes32', type: 'bytes32' },
          { name: 'sellToken', internalType: 'address', type: 'address' },
          { name: 'buyToken', internalType: 'address', type: 'address' },
          { name: 'sellAmount', internalType: 'uint256', type: 'uint256' },
          { name: 'buyAmount', internalType: 'uint256', type: 'uint256' },
          { name: 'buyExact', internalType: 'bool', type: 'bool' },
          { name: 'partiallyFillable', internalType: 'bool', type: 'bool' },
          { name: 'validTo', internalType: 'uint32', type: 'uint32' },
          { name: 'owner', internalType: 'bytes32', type: 'bytes32' },
          { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
        ],
      },
    ],
    name: 'closeSettlement',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'count',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'key', internalType: 'bytes32', type: 'bytes32' },
      { name: 'token', internalType: 'address', type: 'address' },
    ],
    name: 'counters',
    outputs: [
      { name: 'deposited', internalType: 'uint256', type: 'uint256' },
      { name: 'withdrawn', internalType: 'uint256', type: 'uint256' },
      { name: 'firstIndex', internalType: 'uint256', type: 'uint256' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
      { name: 'account', internalType: 'address', type: 'address' },
      { name: 'subaccount', internalType: 'uint32', type: 'uint32' },
    ],
    name: 'deposit',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'discardRoot',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'eip712Domain',
    outputs: [
      { name: 'fields', internalType: 'bytes1', type: 'bytes1' },
      { name: 'name', internalType: 'string', type: 'string' },
      { name: 'version', internalType: 'string', type: 'string' },
      { name: 'chainId', internalType: 'uint256', type: 'uint256' },
      { name: 'verifyingContract', internalType: 'address', type: 'address' },
      { name: 'salt', internalType: 'bytes32', type: 'bytes32' },
      { name: 'extensions', internalType: 'uint256[]', type: 'uint256[]' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'exitPhase',
    outputs: [{ name: '', internalType: 'enum ExitPhase', type: 'uint8' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'head',
    outputs: [{ name: '', internalType: 'bytes32', type: 'bytes32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'heartbeatAt',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'homeDomainSeparator',
    outputs: [{ name: '', internalType: 'bytes32', type: 'bytes32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'inventory',
    outputs: [{ name: '', internalType: 'int256', type: 'int256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'account', internalType: 'address', type: 'address' },
      { name: 'nonce', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'isNonceUsed',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'hash', internalType: 'bytes32', type: 'bytes32' },
      { name: 'signature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'isValidSignature',
    outputs: [{ name: '', internalType: 'bytes4', type: 'bytes4' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'nonce', internalType: 'bytes32', type: 'bytes32' }],
    name: 'laneOf',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'listing_',
        internalType: 'struct TokenListing',
        type: 'tuple',
        components: [
          { name: 'token', internalType: 'address', type: 'address' },
          { name: 'depositCap', internalType: 'uint256', type: 'uint256' },
          {
            name: 'withdrawalLimit',
            internalType: 'struct Limit',
            type: 'tuple',
            components: [
              { name: 'capacity', internalType: 'uint112', type: 'uint112' },
              { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
            ],
          },
          {
            name: 'settlementLimit',
            internalType: 'struct Limit',
            type: 'tuple',
            components: [
              { name: 'capacity', internalType: 'uint112', type: 'uint112' },
              { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
            ],
          },
          {
            name: 'shuttleLimit',
            internalType: 'struct Limit',
            type: 'tuple',
            components: [
              { name: 'capacity', internalType: 'uint112', type: 'uint112' },
              { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
            ],
          },
          { name: 'settleable', internalType: 'bool', type: 'bool' },
        ],
      },
    ],
    name: 'listToken',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'listing',
    outputs: [
      { name: 'depositCap', internalType: 'uint256', type: 'uint256' },
      { name: 'listedAt', internalType: 'uint64', type: 'uint64' },
      { name: 'settleable', internalType: 'bool', type: 'bool' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'newestRoot',
    outputs: [
      { name: 'epoch', internalType: 'uint64', type: 'uint64' },
      { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
      { name: 'issuedAt', internalType: 'uint64', type: 'uint64' },
      { name: 'postedAt', internalType: 'uint64', type: 'uint64' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'newestTree',
    outputs: [
      { name: 'treeRoot', internalType: 'bytes32', type: 'bytes32' },
      { name: 'processedIndex', internalType: 'uint64', type: 'uint64' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'intent',
        internalType: 'struct SettlementIntent',
        type: 'tuple',
        components: [
          { name: 'nonce', internalType: 'bytes32', type: 'bytes32' },
          { name: 'sellToken', internalType: 'address', type: 'address' },
          { name: 'buyToken', internalType: 'address', type: 'address' },
          { name: 'sellAmount', internalType: 'uint256', type: 'uint256' },
          { name: 'buyAmount', internalType: 'uint256', type: 'uint256' },
          { name: 'buyExact', internalType: 'bool', type: 'bool' },
          { name: 'partiallyFillable', internalType: 'bool', type: 'bool' },
          { name: 'validTo', internalType: 'uint32', type: 'uint32' },
          { name: 'owner', internalType: 'bytes32', type: 'bytes32' },
          { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
        ],
      },
      { name: 'enclaveSignature', internalType: 'bytes', type: 'bytes' },
      { name: 'leaderSignature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'openSettlement',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'kind', internalType: 'enum OutflowKind', type: 'uint8' },
    ],
    name: 'outflow',
    outputs: [
      {
        name: 'limit',
        internalType: 'struct Limit',
        type: 'tuple',
        components: [
          { name: 'capacity', internalType: 'uint112', type: 'uint112' },
          { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
        ],
      },
      { name: 'used', internalType: 'uint256', type: 'uint256' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'roots',
        internalType: 'struct ExitRoots',
        type: 'tuple',
        components: [
          { name: 'epoch', internalType: 'uint64', type: 'uint64' },
          { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
          { name: 'issuedAt', internalType: 'uint64', type: 'uint64' },
          { name: 'root', internalType: 'bytes32', type: 'bytes32' },
        ],
      },
      { name: 'treeRoot', internalType: 'bytes32', type: 'bytes32' },
      { name: 'processedIndex', internalType: 'uint64', type: 'uint64' },
      { name: 'proof', internalType: 'bytes32[]', type: 'bytes32[]' },
      { name: 'enclaveSignature', internalType: 'bytes', type: 'bytes' },
      { name: 'leaderSignature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'postExitRoot',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'nonce', internalType: 'bytes32', type: 'bytes32' }],
    name: 'revokeSettlement',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'account', internalType: 'address', type: 'address' },
      { name: 'nonce', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'revokeWithdrawal',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'signers', internalType: 'bytes32', type: 'bytes32' },
      { name: 'epoch', internalType: 'uint64', type: 'uint64' },
      { name: 'pausedUntil', internalType: 'uint40', type: 'uint40' },
    ],
    name: 'setAuthority',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'settlementSetup',
    outputs: [
      {
        name: '',
        internalType: 'struct SettlementSetup',
        type: 'tuple',
        components: [
          { name: 'registryDomain', internalType: 'bytes32', type: 'bytes32' },
          { name: 'orderDomain', internalType: 'bytes32', type: 'bytes32' },
          { name: 'relayer', internalType: 'address', type: 'address' },
          {
            name: 'laneImplementation',
            internalType: 'address',
            type: 'address',
          },
        ],
      },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'nonce', internalType: 'bytes32', type: 'bytes32' }],
    name: 'settlementStatus',
    outputs: [
      { name: '', internalType: 'enum SettlementStatus', type: 'uint8' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'shed',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'lane', internalType: 'address', type: 'address' },
      { name: 'owner', internalType: 'bytes32', type: 'bytes32' },
      { name: 'token', internalType: 'address', type: 'address' },
    ],
    name: 'sweepLane',
    outputs: [{ name: 'received', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'withdrawal',
        internalType: 'struct Withdrawal',
        type: 'tuple',
        components: [
          { name: 'account', internalType: 'address', type: 'address' },
          { name: 'token', internalType: 'address', type: 'address' },
          { name: 'amount', internalType: 'uint256', type: 'uint256' },
          { name: 'recipient', internalType: 'address', type: 'address' },
          { name: 'nonce', internalType: 'uint256', type: 'uint256' },
          { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
          { name: 'deadline', internalType: 'uint64', type: 'uint64' },
        ],
      },
      { name: 'enclaveSignature', internalType: 'bytes', type: 'bytes' },
      { name: 'leaderSignature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'withdraw',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'withdrawal',
        internalType: 'struct Withdrawal',
        type: 'tuple',
        components: [
          { name: 'account', internalType: 'address', type: 'address' },
          { name: 'token', internalType: 'address', type: 'address' },
          { name: 'amount', internalType: 'uint256', type: 'uint256' },
          { name: 'recipient', internalType: 'address', type: 'address' },
          { name: 'nonce', internalType: 'uint256', type: 'uint256' },
          { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
          { name: 'deadline', internalType: 'uint64', type: 'uint64' },
        ],
      },
      { name: 'enclaveSignature', internalType: 'bytes', type: 'bytes' },
      { name: 'leaderSignature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'withdrawItem',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'withdrawals',
        internalType: 'struct Withdrawal[]',
        type: 'tuple[]',
        components: [
          { name: 'account', internalType: 'address', type: 'address' },
          { name: 'token', internalType: 'address', type: 'address' },
          { name: 'amount', internalType: 'uint256', type: 'uint256' },
          { name: 'recipient', internalType: 'address', type: 'address' },
          { name: 'nonce', internalType: 'uint256', type: 'uint256' },
          { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
          { name: 'deadline', internalType: 'uint64', type: 'uint64' },
        ],
      },
      { name: 'enclaveSignatures', internalType: 'bytes[]', type: 'bytes[]' },
      { name: 'leaderSignatures', internalType: 'bytes[]', type: 'bytes[]' },
    ],
    name: 'withdrawMany',
    outputs: [{ name: 'paid', internalType: 'bool[]', type: 'bool[]' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'token',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'depositCap',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
    ],
    name: 'DepositCapChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'token',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'amount',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'account',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'subaccount',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
      {
        name: 'payer',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
    ],
    name: 'Deposited',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'epoch', internalType: 'uint64', type: 'uint64', indexed: false },
      {
        name: 'checkpoint',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'newestEpoch',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'newestCheckpoint',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
    ],
    name: 'ExitRootDiscarded',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'epoch', internalType: 'uint64', type: 'uint64', indexed: false },
      {
        name: 'checkpoint',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'issuedAt',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'root',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'treeRoot',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'processedIndex',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
    ],
    name: 'ExitRootPosted',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'token',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'kind',
        internalType: 'enum OutflowKind',
        type: 'uint8',
        indexed: false,
      },
      {
        name: 'capacity',
        internalType: 'uint112',
        type: 'uint112',
        indexed: false,
      },
      {
        name: 'refillSeconds',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
    ],
    name: 'LimitChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'token',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'settleable',
        internalType: 'bool',
        type: 'bool',
        indexed: false,
      },
    ],
    name: 'SettleableChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'nonce',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'owner',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'sellToken',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'returned',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'buyToken',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'bought',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
      { name: 'complete', internalType: 'bool', type: 'bool', indexed: false },
    ],
    name: 'SettlementClosed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'nonce',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'sellToken',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'buyToken',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'sellAmount',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'buyAmount',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
      { name: 'buyExact', internalType: 'bool', type: 'bool', indexed: false },
      {
        name: 'partiallyFillable',
        internalType: 'bool',
        type: 'bool',
        indexed: false,
      },
      {
        name: 'validTo',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
      {
        name: 'owner',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'checkpoint',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
    ],
    name: 'SettlementOpened',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'nonce',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
    ],
    name: 'SettlementRevoked',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'token',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'depositCap',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'withdrawalLimit',
        internalType: 'struct Limit',
        type: 'tuple',
        components: [
          { name: 'capacity', internalType: 'uint112', type: 'uint112' },
          { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
        ],
        indexed: false,
      },
      {
        name: 'settlementLimit',
        internalType: 'struct Limit',
        type: 'tuple',
        components: [
          { name: 'capacity', internalType: 'uint112', type: 'uint112' },
          { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
        ],
        indexed: false,
      },
      {
        name: 'shuttleLimit',
        internalType: 'struct Limit',
        type: 'tuple',
        components: [
          { name: 'capacity', internalType: 'uint112', type: 'uint112' },
          { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
        ],
        indexed: false,
      },
      {
        name: 'settleable',
        internalType: 'bool',
        type: 'bool',
        indexed: false,
      },
    ],
    name: 'TokenListed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'account',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'nonce',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
    ],
    name: 'WithdrawalCancelled',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      {
        name: 'account',
        internalType: 'address',
        type: 'address',
        indexed: true,
      },
      {
        name: 'nonce',
        internalType: 'uint256',
        type: 'uint256',
        indexed: true,
      },
      { name: 'reason', internalType: 'bytes', type: 'bytes', indexed: false },
    ],
    name: 'WithdrawalFailed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'account',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'nonce',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
    ],
    name: 'WithdrawalRevoked',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'account',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'token',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'amount',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
      {
        name: 'recipient',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'nonce',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
    ],
    name: 'Withdrawn',
  },
  { type: 'error', inputs: [], name: 'ApproveFailed' },
  {
    type: 'error',
    inputs: [
      { name: 'capacity', internalType: 'uint112', type: 'uint112' },
      { name: 'refillSeconds', internalType: 'uint32', type: 'uint32' },
    ],
    name: 'DepositRegistry_BadLimit',
  },
  {
    type: 'error',
    inputs: [{ name: 'recipient', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_BadRecipient',
  },
  {
    type: 'error',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'depositCap', internalType: 'uint256', type: 'uint256' },
      { name: 'wouldHold', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'DepositRegistry_CapExceeded',
  },
  {
    type: 'error',
    inputs: [{ name: 'depositCap', internalType: 'uint256', type: 'uint256' }],
    name: 'DepositRegistry_CapTooHigh',
  },
  {
    type: 'error',
    inputs: [
      { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
      { name: 'newestEpoch', internalType: 'uint64', type: 'uint64' },
      { name: 'newestCheckpoint', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'DepositRegistry_CheckpointNotPosted',
  },
  {
    type: 'error',
    inputs: [
      { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
      { name: 'furthest', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'DepositRegistry_CheckpointTooFar',
  },
  {
    type: 'error',
    inputs: [
      { name: 'key', internalType: 'bytes32', type: 'bytes32' },
      { name: 'token', internalType: 'address', type: 'address' },
    ],
    name: 'DepositRegistry_CounterOverflow',
  },
  {
    type: 'error',
    inputs: [{ name: 'deadline', internalType: 'uint64', type: 'uint64' }],
    name: 'DepositRegistry_DeadlineTooFar',
  },
  { type: 'error', inputs: [], name: 'DepositRegistry_ExitIsFinal' },
  {
    type: 'error',
    inputs: [{ name: 'deadline', internalType: 'uint64', type: 'uint64' }],
    name: 'DepositRegistry_Expired',
  },
  {
    type: 'error',
    inputs: [
      { name: 'issuedAt', internalType: 'uint64', type: 'uint64' },
      { name: 'discardedAt', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'DepositRegistry_IssuedBeforeDiscard',
  },
  {
    type: 'error',
    inputs: [
      { name: 'issuedAt', internalType: 'uint64', type: 'uint64' },
      { name: 'newest', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'DepositRegistry_IssuedBeforeNewest',
  },
  {
    type: 'error',
    inputs: [{ name: 'issuedAt', internalType: 'uint64', type: 'uint64' }],
    name: 'DepositRegistry_IssuedInTheFuture',
  },
  { type: 'error', inputs: [], name: 'DepositRegistry_LengthsDiffer' },
  {
    type: 'error',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'kind', internalType: 'enum OutflowKind', type: 'uint8' },
    ],
    name: 'DepositRegistry_LimitRaised',
  },
  {
    type: 'error',
    inputs: [
      { name: 'account', internalType: 'address', type: 'address' },
      { name: 'nonce', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'DepositRegistry_NonceUsed',
  },
  {
    type: 'error',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_NotAToken',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_NotAuthority',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_NotCouncil',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_NotCouncilOrGovernor',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_NotGovernor',
  },
  {
    type: 'error',
    inputs: [
      { name: 'leaf', internalType: 'bytes32', type: 'bytes32' },
      { name: 'root', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'DepositRegistry_NotInRoot',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_NotSelf',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_NotSlowGovernor',
  },
  {
    type: 'error',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_NothingReceived',
  },
  {
    type: 'error',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'kind', internalType: 'enum OutflowKind', type: 'uint8' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
      { name: 'fitsAt', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'DepositRegistry_OverLimit',
  },
  { type: 'error', inputs: [], name: 'DepositRegistry_Paused' },
  {
    type: 'error',
    inputs: [
      { name: 'processedIndex', internalType: 'uint64', type: 'uint64' },
      { name: 'count', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'DepositRegistry_ProcessedTooMuch',
  },
  {
    type: 'error',
    inputs: [{ name: 'postedAt', internalType: 'uint64', type: 'uint64' }],
    name: 'DepositRegistry_RootIsMature',
  },
  {
    type: 'error',
    inputs: [
      { name: 'checkpoint', internalType: 'uint64', type: 'uint64' },
      { name: 'newest', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'DepositRegistry_RootNotNewer',
  },
  {
    type: 'error',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_TokenAlreadyListed',
  },
  {
    type: 'error',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'DepositRegistry_TokenNotListed',
  },
  { type: 'error', inputs: [], name: 'DepositRegistry_TooLittleGas' },
  {
    type: 'error',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
      { name: 'held', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'DepositRegistry_VaultHoldsTooLittle',
  },
  {
    type: 'error',
    inputs: [
      { name: 'epoch', internalType: 'uint64', type: 'uint64' },
      { name: 'current', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'DepositRegistry_WrongEpoch',
  },
  { type: 'error', inputs: [], name: 'DepositRegistry_ZeroAccount' },
  { type: 'error', inputs: [], name: 'DepositRegistry_ZeroAmount' },
  { type: 'error', inputs: [], name: 'Reentrancy' },
  {
    type: 'error',
    inputs: [
      { name: 'bits', internalType: 'uint8', type: 'uint8' },
      { name: 'value', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'SafeCastOverflowedUintDowncast',
  },
  {
    type: 'error',
    inputs: [
      { name: 'length', internalType: 'uint256', type: 'uint256' },
      { name: 'expected', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'Settlements_BadSignatureLength',
  },
  {
    type: 'error',
    inputs: [{ name: 'validTo', internalType: 'uint32', type: 'uint32' }],
    name: 'Settlements_Expired',
  },
  {
    type: 'error',
    inputs: [
      { name: 'nonce', internalType: 'bytes32', type: 'bytes32' },
      { name: 'status', internalType: 'enum SettlementStatus', type: 'uint8' },
    ],
    name: 'Settlements_NonceUsed',
  },
  { type: 'error', inputs: [], name: 'Settlements_NotHere' },
  {
    type: 'error',
    inputs: [
      { name: 'caller', internalType: 'address', type: 'address' },
      { name: 'lane', internalType: 'address', type: 'address' },
    ],
    name: 'Settlements_NotLane',
  },
  {
    type: 'error',
    inputs: [
      { name: 'nonce', internalType: 'bytes32', type: 'bytes32' },
      { name: 'status', internalType: 'enum SettlementStatus', type: 'uint8' },
    ],
    name: 'Settlements_NotOpen',
  },
  {
    type: 'error',
    inputs: [
      { name: 'nonce', internalType: 'bytes32', type: 'bytes32' },
      { name: 'intentHash', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'Settlements_NotOpened',
  },
  {
    type: 'error',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'Settlements_NotSettleable',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'Settlements_NotShed',
  },
  {
    type: 'error',
    inputs: [{ name: 'nonce', internalType: 'bytes32', type: 'bytes32' }],
    name: 'Settlements_NothingToSweep',
  },
  {
    type: 'error',
    inputs: [
      { name: 'orderDigest', internalType: 'bytes32', type: 'bytes32' },
      { name: 'rebuilt', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'Settlements_OtherOrder',
  },
  {
    type: 'error',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'Settlements_SameToken',
  },
  {
    type: 'error',
    inputs: [
      { name: 'nonce', internalType: 'bytes32', type: 'bytes32' },
      { name: 'unsold', internalType: 'uint256', type: 'uint256' },
      { name: 'bought', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'Settlements_StillOpen',
  },
  {
    type: 'error',
    inputs: [{ name: 'validTo', internalType: 'uint32', type: 'uint32' }],
    name: 'Settlements_ValidToTooFar',
  },
  { type: 'error', inputs: [], name: 'Settlements_ZeroAmount' },
  { type: 'error', inputs: [], name: 'Signatures_NoLeader' },
  {
    type: 'error',
    inputs: [
      { name: 'first', internalType: 'address', type: 'address' },
      { name: 'second', internalType: 'address', type: 'address' },
    ],
    name: 'Signatures_NotBoth',
  },
  { type: 'error', inputs: [], name: 'TransferFailed' },
  { type: 'error', inputs: [], name: 'TransferFromFailed' },
] as const

//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////
// DepositRouter
//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////

export const depositRouterAbi = [
  {
    type: 'constructor',
    inputs: [
      { name: 'registry_', internalType: 'address', type: 'address' },
      { name: 'wrappedNative_', internalType: 'address', type: 'address' },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'account', internalType: 'address', type: 'address' },
      { name: 'subaccount', internalType: 'uint32', type: 'uint32' },
    ],
    name: 'depositNative',
    outputs: [],
    stateMutability: 'payable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
      { name: 'account', internalType: 'address', type: 'address' },
      { name: 'subaccount', internalType: 'uint32', type: 'uint32' },
      { name: 'deadline', internalType: 'uint256', type: 'uint256' },
      { name: 'v', internalType: 'uint8', type: 'uint8' },
      { name: 'r', internalType: 'bytes32', type: 'bytes32' },
      { name: 's', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'depositWithPermit',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'owner', internalType: 'address', type: 'address' },
      {
        name: 'permit',
        internalType: 'struct IPermit2.PermitTransferFrom',
        type: 'tuple',
        components: [
          {
            name: 'permitted',
            internalType: 'struct IPermit2.TokenPermissions',
            type: 'tuple',
            components: [
              { name: 'token', internalType: 'address', type: 'address' },
              { name: 'amount', internalType: 'uint256', type: 'uint256' },
            ],
          },
          { name: 'nonce', internalType: 'uint256', type: 'uint256' },
          { name: 'deadline', internalType: 'uint256', type: 'uint256' },
        ],
      },
      { name: 'account', internalType: 'address', type: 'address' },
      { name: 'subaccount', internalType: 'uint32', type: 'uint32' },
      { name: 'signature', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'depositWithPermit2',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'permit2',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'registry',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'wrappedNative',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  { type: 'error', inputs: [], name: 'ApproveFailed' },
  {
    type: 'error',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'DepositRouter_NotAToken',
  },
  {
    type: 'error',
    inputs: [{ name: 'token', internalType: 'address', type: 'address' }],
    name: 'DepositRouter_NothingReceived',
  },
  {
    type: 'error',
    inputs: [
      { name: 'token', internalType: 'address', type: 'address' },
      { name: 'allowance', internalType: 'uint256', type: 'uint256' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'DepositRouter_PermitRefused',
  },
  { type: 'error', inputs: [], name: 'TransferFromFailed' },
] as const

//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////
// DeterministicFactory
//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////

export const deterministicFactoryAbi = [
  {
    type: 'function',
    inputs: [
      { name: 'deployer', internalType: 'address', type: 'address' },
      { name: 'salt', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'addressOf',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'salt', internalType: 'bytes32', type: 'bytes32' },
      { name: 'initCode', internalType: 'bytes', type: 'bytes' },
    ],
    name: 'deploy',
    outputs: [{ name: 'deployed', internalType: 'address', type: 'address' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      {
        name: 'deployer',
        internalType: 'address',
        type: 'address',
        indexed: true,
      },
      { name: 'salt', internalType: 'bytes32', type: 'bytes32', indexed: true },
      {
        name: 'deployed',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
    ],
    name: 'Deployed',
  },
  { type: 'error', inputs: [], name: 'DeploymentFailed' },
] as const

//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////
// DevnetToken
//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////

export const devnetTokenAbi = [
  {
    type: 'constructor',
    inputs: [
      { name: 'name_', internalType: 'string', type: 'string' },
      { name: 'symbol_', internalType: 'string', type: 'string' },
      { name: 'decimals_', internalType: 'uint8', type: 'uint8' },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'DOMAIN_SEPARATOR',
    outputs: [{ name: 'result', internalType: 'bytes32', type: 'bytes32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'owner', internalType: 'address', type: 'address' },
      { name: 'spender', internalType: 'address', type: 'address' },
    ],
    name: 'allowance',
    outputs: [{ name: 'result', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'spender', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'approve',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'owner', internalType: 'address', type: 'address' }],
    name: 'balanceOf',
    outputs: [{ name: 'result', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'decimals',
    outputs: [{ name: '', internalType: 'uint8', type: 'uint8' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'to', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'mint',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'name',
    outputs: [{ name: '', internalType: 'string', type: 'string' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'owner', internalType: 'address', type: 'address' }],
    name: 'nonces',
    outputs: [{ name: 'result', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'owner', internalType: 'address', type: 'address' },
      { name: 'spender', internalType: 'address', type: 'address' },
      { name: 'value', internalType: 'uint256', type: 'uint256' },
      { name: 'deadline', internalType: 'uint256', type: 'uint256' },
      { name: 'v', internalType: 'uint8', type: 'uint8' },
      { name: 'r', internalType: 'bytes32', type: 'bytes32' },
      { name: 's', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'permit',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'symbol',
    outputs: [{ name: '', internalType: 'string', type: 'string' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'totalSupply',
    outputs: [{ name: 'result', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'to', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'transfer',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'from', internalType: 'address', type: 'address' },
      { name: 'to', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'transferFrom',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      {
        name: 'owner',
        internalType: 'address',
        type: 'address',
        indexed: true,
      },
      {
        name: 'spender',
        internalType: 'address',
        type: 'address',
        indexed: true,
      },
      {
        name: 'amount',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
    ],
    name: 'Approval',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'from', internalType: 'address', type: 'address', indexed: true },
      { name: 'to', internalType: 'address', type: 'address', indexed: true },
      {
        name: 'amount',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
    ],
    name: 'Transfer',
  },
  { type: 'error', inputs: [], name: 'AllowanceOverflow' },
  { type: 'error', inputs: [], name: 'AllowanceUnderflow' },
  { type: 'error', inputs: [], name: 'InsufficientAllowance' },
  { type: 'error', inputs: [], name: 'InsufficientBalance' },
  { type: 'error', inputs: [], name: 'InvalidPermit' },
  { type: 'error', inputs: [], name: 'Permit2AllowanceIsFixedAtInfinity' },
  { type: 'error', inputs: [], name: 'PermitExpired' },
  { type: 'error', inputs: [], name: 'TotalSupplyOverflow' },
] as const

//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////
// DevnetWeth
//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////

export const devnetWethAbi = [
  { type: 'receive', stateMutability: 'payable' },
  {
    type: 'function',
    inputs: [],
    name: 'DOMAIN_SEPARATOR',
    outputs: [{ name: 'result', internalType: 'bytes32', type: 'bytes32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'owner', internalType: 'address', type: 'address' },
      { name: 'spender', internalType: 'address', type: 'address' },
    ],
    name: 'allowance',
    outputs: [{ name: 'result', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'spender', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'approve',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'owner', internalType: 'address', type: 'address' }],
    name: 'balanceOf',
    outputs: [{ name: 'result', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'decimals',
    outputs: [{ name: '', internalType: 'uint8', type: 'uint8' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'deposit',
    outputs: [],
    stateMutability: 'payable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'name',
    outputs: [{ name: '', internalType: 'string', type: 'string' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'owner', internalType: 'address', type: 'address' }],
    name: 'nonces',
    outputs: [{ name: 'result', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'owner', internalType: 'address', type: 'address' },
      { name: 'spender', internalType: 'address', type: 'address' },
      { name: 'value', internalType: 'uint256', type: 'uint256' },
      { name: 'deadline', internalType: 'uint256', type: 'uint256' },
      { name: 'v', internalType: 'uint8', type: 'uint8' },
      { name: 'r', internalType: 'bytes32', type: 'bytes32' },
      { name: 's', internalType: 'bytes32', type: 'bytes32' },
    ],
    name: 'permit',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'symbol',
    outputs: [{ name: '', internalType: 'string', type: 'string' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'totalSupply',
    outputs: [{ name: 'result', internalType: 'uint256', type: 'uint256' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'to', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'transfer',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'from', internalType: 'address', type: 'address' },
      { name: 'to', internalType: 'address', type: 'address' },
      { name: 'amount', internalType: 'uint256', type: 'uint256' },
    ],
    name: 'transferFrom',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'amount', internalType: 'uint256', type: 'uint256' }],
    name: 'withdraw',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      {
        name: 'owner',
        internalType: 'address',
        type: 'address',
        indexed: true,
      },
      {
        name: 'spender',
        internalType: 'address',
        type: 'address',
        indexed: true,
      },
      {
        name: 'amount',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
    ],
    name: 'Approval',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'from', internalType: 'address', type: 'address', indexed: true },
      { name: 'to', internalType: 'address', type: 'address', indexed: true },
      {
        name: 'amount',
        internalType: 'uint256',
        type: 'uint256',
        indexed: false,
      },
    ],
    name: 'Transfer',
  },
  { type: 'error', inputs: [], name: 'AllowanceOverflow' },
  { type: 'error', inputs: [], name: 'AllowanceUnderflow' },
  { type: 'error', inputs: [], name: 'ETHTransferFailed' },
  { type: 'error', inputs: [], name: 'InsufficientAllowance' },
  { type: 'error', inputs: [], name: 'InsufficientBalance' },
  { type: 'error', inputs: [], name: 'InvalidPermit' },
  { type: 'error', inputs: [], name: 'Permit2AllowanceIsFixedAtInfinity' },
  { type: 'error', inputs: [], name: 'PermitExpired' },
  { type: 'error', inputs: [], name: 'TotalSupplyOverflow' },
] as const

//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////
// Directory
//////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////

export const directoryAbi = [
  {
    type: 'constructor',
    inputs: [
      { name: 'authority_', internalType: 'address', type: 'address' },
      {
        name: 'genesis',
        internalType: 'struct DirectoryGenesis',
        type: 'tuple',
        components: [
          {
            name: 'chains',
            internalType: 'struct ChainListing[]',
            type: 'tuple[]',
            components: [
              { name: 'chainId', internalType: 'uint64', type: 'uint64' },
              { name: 'registry', internalType: 'address', type: 'address' },
              { name: 'authority', internalType: 'address', type: 'address' },
              { name: 'finality', internalType: 'uint8', type: 'uint8' },
              {
                name: 'heartbeatSeconds',
                internalType: 'uint32',
                type: 'uint32',
              },
            ],
          },
          {
            name: 'assets',
            internalType: 'struct AssetListing[]',
            type: 'tuple[]',
            components: [
              { name: 'asset', internalType: 'uint32', type: 'uint32' },
              { name: 'symbol', internalType: 'bytes32', type: 'bytes32' },
              { name: 'ledgerDecimals', internalType: 'uint8', type: 'uint8' },
              {
                name: 'risk',
                internalType: 'struct RiskWeights',
                type: 'tuple',
                components: [
                  {
                    name: 'initAssetWeightPpm',
                    internalType: 'uint32',
                    type: 'uint32',
                  },
                  {
                    name: 'initLiabilityWeightPpm',
                    internalType: 'uint32',
                    type: 'uint32',
                  },
                  {
                    name: 'maintAssetWeightPpm',
                    internalType: 'uint32',
                    type: 'uint32',
                  },
                  {
                    name: 'maintLiabilityWeightPpm',
                    internalType: 'uint32',
                    type: 'uint32',
                  },
                ],
              },
            ],
          },
          {
            name: 'tokens',
            internalType: 'struct AssetTokenListing[]',
            type: 'tuple[]',
            components: [
              { name: 'asset', internalType: 'uint32', type: 'uint32' },
              { name: 'chainId', internalType: 'uint64', type: 'uint64' },
              { name: 'token', internalType: 'address', type: 'address' },
              { name: 'decimals', internalType: 'uint8', type: 'uint8' },
            ],
          },
          {
            name: 'books',
            internalType: 'struct BookListing[]',
            type: 'tuple[]',
            components: [
              { name: 'book', internalType: 'uint32', type: 'uint32' },
              { name: 'base', internalType: 'uint32', type: 'uint32' },
              { name: 'quote', internalType: 'uint32', type: 'uint32' },
              { name: 'lotSize', internalType: 'uint64', type: 'uint64' },
              { name: 'tickSize', internalType: 'uint64', type: 'uint64' },
              {
                name: 'terms',
                internalType: 'struct BookTerms',
                type: 'tuple',
                components: [
                  {
                    name: 'makerFeePpm',
                    internalType: 'uint32',
                    type: 'uint32',
                  },
                  {
                    name: 'takerFeePpm',
                    internalType: 'uint32',
                    type: 'uint32',
                  },
                  { name: 'status', internalType: 'uint8', type: 'uint8' },
                ],
              },
            ],
          },
          { name: 'executor', internalType: 'address', type: 'address' },
          {
            name: 'settler',
            internalType: 'struct Settler',
            type: 'tuple',
            components: [
              { name: 'signer', internalType: 'address', type: 'address' },
              {
                name: 'encryptionKeyPrefix',
                internalType: 'uint8',
                type: 'uint8',
              },
              {
                name: 'encryptionKeyX',
                internalType: 'bytes32',
                type: 'bytes32',
              },
            ],
          },
          { name: 'feeAccount', internalType: 'address', type: 'address' },
          {
            name: 'insuranceAccount',
            internalType: 'address',
            type: 'address',
          },
        ],
      },
    ],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'chainId', internalType: 'uint64', type: 'uint64' },
      { name: 'token', internalType: 'address', type: 'address' },
    ],
    name: 'assetOf',
    outputs: [{ name: '', internalType: 'uint32', type: 'uint32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'authority',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'asset', internalType: 'uint32', type: 'uint32' },
      {
        name: 'weights',
        internalType: 'struct RiskWeights',
        type: 'tuple',
        components: [
          {
            name: 'initAssetWeightPpm',
            internalType: 'uint32',
            type: 'uint32',
          },
          {
            name: 'initLiabilityWeightPpm',
            internalType: 'uint32',
            type: 'uint32',
          },
          {
            name: 'maintAssetWeightPpm',
            internalType: 'uint32',
            type: 'uint32',
          },
          {
            name: 'maintLiabilityWeightPpm',
            internalType: 'uint32',
            type: 'uint32',
          },
        ],
      },
    ],
    name: 'changeAssetRisk',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      { name: 'book', internalType: 'uint32', type: 'uint32' },
      {
        name: 'terms',
        internalType: 'struct BookTerms',
        type: 'tuple',
        components: [
          { name: 'makerFeePpm', internalType: 'uint32', type: 'uint32' },
          { name: 'takerFeePpm', internalType: 'uint32', type: 'uint32' },
          { name: 'status', internalType: 'uint8', type: 'uint8' },
        ],
      },
    ],
    name: 'changeBook',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'executor_', internalType: 'address', type: 'address' }],
    name: 'changeExecutor',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'account', internalType: 'address', type: 'address' }],
    name: 'changeFeeAccount',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [{ name: 'account', internalType: 'address', type: 'address' }],
    name: 'changeInsuranceAccount',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'settler_',
        internalType: 'struct Settler',
        type: 'tuple',
        components: [
          { name: 'signer', internalType: 'address', type: 'address' },
          { name: 'encryptionKeyPrefix', internalType: 'uint8', type: 'uint8' },
          { name: 'encryptionKeyX', internalType: 'bytes32', type: 'bytes32' },
        ],
      },
    ],
    name: 'changeSettler',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'count',
    outputs: [{ name: '', internalType: 'uint64', type: 'uint64' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'executor',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'feeAccount',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'head',
    outputs: [{ name: '', internalType: 'bytes32', type: 'bytes32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'insuranceAccount',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [{ name: 'chainId', internalType: 'uint64', type: 'uint64' }],
    name: 'isChainListed',
    outputs: [{ name: '', internalType: 'bool', type: 'bool' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'listing',
        internalType: 'struct AssetListing',
        type: 'tuple',
        components: [
          { name: 'asset', internalType: 'uint32', type: 'uint32' },
          { name: 'symbol', internalType: 'bytes32', type: 'bytes32' },
          { name: 'ledgerDecimals', internalType: 'uint8', type: 'uint8' },
          {
            name: 'risk',
            internalType: 'struct RiskWeights',
            type: 'tuple',
            components: [
              {
                name: 'initAssetWeightPpm',
                internalType: 'uint32',
                type: 'uint32',
              },
              {
                name: 'initLiabilityWeightPpm',
                internalType: 'uint32',
                type: 'uint32',
              },
              {
                name: 'maintAssetWeightPpm',
                internalType: 'uint32',
                type: 'uint32',
              },
              {
                name: 'maintLiabilityWeightPpm',
                internalType: 'uint32',
                type: 'uint32',
              },
            ],
          },
        ],
      },
    ],
    name: 'listAsset',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'listing',
        internalType: 'struct AssetTokenListing',
        type: 'tuple',
        components: [
          { name: 'asset', internalType: 'uint32', type: 'uint32' },
          { name: 'chainId', internalType: 'uint64', type: 'uint64' },
          { name: 'token', internalType: 'address', type: 'address' },
          { name: 'decimals', internalType: 'uint8', type: 'uint8' },
        ],
      },
    ],
    name: 'listAssetToken',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'listing',
        internalType: 'struct BookListing',
        type: 'tuple',
        components: [
          { name: 'book', internalType: 'uint32', type: 'uint32' },
          { name: 'base', internalType: 'uint32', type: 'uint32' },
          { name: 'quote', internalType: 'uint32', type: 'uint32' },
          { name: 'lotSize', internalType: 'uint64', type: 'uint64' },
          { name: 'tickSize', internalType: 'uint64', type: 'uint64' },
          {
            name: 'terms',
            internalType: 'struct BookTerms',
            type: 'tuple',
            components: [
              { name: 'makerFeePpm', internalType: 'uint32', type: 'uint32' },
              { name: 'takerFeePpm', internalType: 'uint32', type: 'uint32' },
              { name: 'status', internalType: 'uint8', type: 'uint8' },
            ],
          },
        ],
      },
    ],
    name: 'listBook',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [
      {
        name: 'listing',
        internalType: 'struct ChainListing',
        type: 'tuple',
        components: [
          { name: 'chainId', internalType: 'uint64', type: 'uint64' },
          { name: 'registry', internalType: 'address', type: 'address' },
          { name: 'authority', internalType: 'address', type: 'address' },
          { name: 'finality', internalType: 'uint8', type: 'uint8' },
          { name: 'heartbeatSeconds', internalType: 'uint32', type: 'uint32' },
        ],
      },
    ],
    name: 'listChain',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'newestAsset',
    outputs: [{ name: '', internalType: 'uint32', type: 'uint32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'newestBook',
    outputs: [{ name: '', internalType: 'uint32', type: 'uint32' }],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [],
    name: 'revokeExecutor',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'revokeSettler',
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    inputs: [],
    name: 'settler',
    outputs: [
      { name: 'signer', internalType: 'address', type: 'address' },
      { name: 'encryptionKeyPrefix', internalType: 'uint8', type: 'uint8' },
      { name: 'encryptionKeyX', internalType: 'bytes32', type: 'bytes32' },
    ],
    stateMutability: 'view',
  },
  {
    type: 'function',
    inputs: [
      { name: 'asset', internalType: 'uint32', type: 'uint32' },
      { name: 'chainId', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'tokenOf',
    outputs: [{ name: '', internalType: 'address', type: 'address' }],
    stateMutability: 'view',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'asset', internalType: 'uint32', type: 'uint32', indexed: false },
      {
        name: 'symbol',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
      {
        name: 'ledgerDecimals',
        internalType: 'uint8',
        type: 'uint8',
        indexed: false,
      },
    ],
    name: 'AssetListed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'asset', internalType: 'uint32', type: 'uint32', indexed: false },
      {
        name: 'initAssetWeightPpm',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
      {
        name: 'initLiabilityWeightPpm',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
      {
        name: 'maintAssetWeightPpm',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
      {
        name: 'maintLiabilityWeightPpm',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
    ],
    name: 'AssetRiskChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'asset', internalType: 'uint32', type: 'uint32', indexed: false },
      {
        name: 'chainId',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'token',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'decimals',
        internalType: 'uint8',
        type: 'uint8',
        indexed: false,
      },
    ],
    name: 'AssetTokenListed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'book', internalType: 'uint32', type: 'uint32', indexed: false },
      {
        name: 'makerFeePpm',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
      {
        name: 'takerFeePpm',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
      { name: 'status', internalType: 'uint8', type: 'uint8', indexed: false },
    ],
    name: 'BookChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      { name: 'book', internalType: 'uint32', type: 'uint32', indexed: false },
      { name: 'base', internalType: 'uint32', type: 'uint32', indexed: false },
      { name: 'quote', internalType: 'uint32', type: 'uint32', indexed: false },
      {
        name: 'lotSize',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'tickSize',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
    ],
    name: 'BookListed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'chainId',
        internalType: 'uint64',
        type: 'uint64',
        indexed: false,
      },
      {
        name: 'registry',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'authority',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'finality',
        internalType: 'uint8',
        type: 'uint8',
        indexed: false,
      },
      {
        name: 'heartbeatSeconds',
        internalType: 'uint32',
        type: 'uint32',
        indexed: false,
      },
    ],
    name: 'ChainListed',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'executor',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
    ],
    name: 'ExecutorChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'account',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
    ],
    name: 'FeeAccountChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'account',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
    ],
    name: 'InsuranceAccountChanged',
  },
  {
    type: 'event',
    anonymous: false,
    inputs: [
      { name: 'index', internalType: 'uint64', type: 'uint64', indexed: true },
      {
        name: 'settler',
        internalType: 'address',
        type: 'address',
        indexed: false,
      },
      {
        name: 'encryptionKeyPrefix',
        internalType: 'uint8',
        type: 'uint8',
        indexed: false,
      },
      {
        name: 'encryptionKeyX',
        internalType: 'bytes32',
        type: 'bytes32',
        indexed: false,
      },
    ],
    name: 'SettlerChanged',
  },
  {
    type: 'error',
    inputs: [
      { name: 'asset', internalType: 'uint32', type: 'uint32' },
      { name: 'chainId', internalType: 'uint64', type: 'uint64' },
    ],
    name: 'Directory_AssetAlreadyOnChain',
  },
  {
    type: 'error',
    inputs: [{ name: 'asset', internalType: 'uint32', type: 'uint32' }],
    name: 'Directory_AssetNotListed',
  },
  { type: 'error', inputs: [], name: 'Directory_BadEncryptionKey' },
  {
    type: 'error',
    inputs: [{ name: 'book', internalType: 'uint32', type: 'uint32' }],
    name: 'Directory_BookNotListed',
  },
  {
    type: 'error',
    inputs: [{ name: 'chainId', internalType: 'uint64', type: 'uint64' }],
    name: 'Directory_ChainAlreadyListed',
  },
  {
    type: 'error',
    inputs: [{ name: 'chainId', internalType: 'uint64', type: 'uint64' }],
    name: 'Directory_ChainIdOutOfRange',
  },
  {
    type: 'error',
    inputs: [{ name: 'chainId', internalType: 'uint64', type: 'uint64' }],
    name: 'Directory_ChainNotListed',
  },
  {
    type: 'error',
    inputs: [{ name: 'asset', internalType: 'uint32', type: 'uint32' }],
    name: 'Directory_EmptySymbol',
  },
  {
    type: 'error',
    inputs: [{ name: 'feePpm', internalType: 'uint32', type: 'uint32' }],
    name: 'Directory_FeeOutOfRange',
  },
  {
    type: 'error',
    inputs: [
      { name: 'heartbeatSeconds', internalType: 'uint32', type: 'uint32' },
    ],
    name: 'Directory_HeartbeatOutOfRange',
  },
  {
    type: 'error',
    inputs: [
      { name: 'id', internalType: 'uint32', type: 'uint32' },
      { name: 'newest', internalType: 'uint32', type: 'uint32' },
    ],
    name: 'Directory_IdNotGrowing',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'Directory_NotCouncil',
  },
  {
    type: 'error',
    inputs: [{ name: 'caller', internalType: 'address', type: 'address' }],
    name: 'Directory_NotGovernor',
  },
  {
    type: 'error',
    inputs: [{ name: 'authority', internalType: 'address', type: 'address' }],
    name: 'Directory_NotOwnAuthority',
  },
  {
    type: 'error',
    inputs: [{ name: 'registry', internalType: 'address', type: 'address' }],
    name: 'Directory_RegistryIsAuthority',
  },
  {
    type: 'error',
    inputs: [{ name: 'asset', internalType: 'uint32', type: 'uint32' }],
    name: 'Directory_SameBaseAndQuote',
  },
  {
    type: 'error',
    inputs: [{ name: 'size', internalType: 'uint64', type: 'uint64' }],
    name: 'Directory_SizeOutOfRange',
  },
  {
    type: 'error',
    inputs: [
      { name: 'chainId', internalType: 'uint64', type: 'uint64' },
      { name: 'token', internalType: 'address', type: 'address' },
    ],
    name: 'Directory_TokenAlreadyListed',
  },
  {
    type: 'error',
    inputs: [{ name: 'decimals', internalType: 'uint8', type: 'uint8' }],
    name: 'Directory_TooManyDecimals',
  },
  {
    type: 'error',
    inputs: [{ name: 'finality', internalType: 'uint8', type: 'uint8' }],
    name: 'Directory_UnknownFinality',
  },
  {
    type: 'error',
    inputs: [{ name: 'status', internalType: 'uint8', type: 'uint8' }],
    name: 'Directory_UnknownStatus',
  },
  {
    type: 'error',
    inputs: [{ name: 'asset', internalType: 'uint32', type: 'uint32' }],
    name: 'Directory_WeightsOutOfOrder',
  },
  { type: 'error', inputs: [], name: 'Directory_ZeroAddress' },
] as const
