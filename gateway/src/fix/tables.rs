//! FIX 4.4 as static data: tags, message types, fields, groups, messages.
//!
//! GENERATED from the dictionary of fefix 0.7, do not edit:
//! `cargo run -p fix-oracle -- tables > gateway/src/fix/tables.rs`.
//! `dictionary.rs` says what the shapes mean and is what other files ask.

use super::dictionary::{Field, Group, Kind::*, Layout, Message, Values::Words};
use super::dictionary::{any, chars, one_of, pair, set};

/// The highest tag of FIX 4.4.
pub const TAG_MAX: u16 = 956;

/// Every tag, by its FIX name.
#[allow(missing_docs, reason = "the names are FIX 4.4's")]
pub mod tag {
    pub const ACCOUNT: u16 = 1;
    pub const ADV_ID: u16 = 2;
    pub const ADV_REF_ID: u16 = 3;
    pub const ADV_SIDE: u16 = 4;
    pub const ADV_TRANS_TYPE: u16 = 5;
    pub const AVG_PX: u16 = 6;
    pub const BEGIN_SEQ_NO: u16 = 7;
    pub const BEGIN_STRING: u16 = 8;
    pub const BODY_LENGTH: u16 = 9;
    pub const CHECK_SUM: u16 = 10;
    pub const CL_ORD_ID: u16 = 11;
    pub const COMMISSION: u16 = 12;
    pub const COMM_TYPE: u16 = 13;
    pub const CUM_QTY: u16 = 14;
    pub const CURRENCY: u16 = 15;
    pub const END_SEQ_NO: u16 = 16;
    pub const EXEC_ID: u16 = 17;
    pub const EXEC_INST: u16 = 18;
    pub const EXEC_REF_ID: u16 = 19;
    pub const HANDL_INST: u16 = 21;
    pub const SECURITY_ID_SOURCE: u16 = 22;
    pub const IOI_ID: u16 = 23;
    pub const IOI_QLTY_IND: u16 = 25;
    pub const IOI_REF_ID: u16 = 26;
    pub const IOI_QTY: u16 = 27;
    pub const IOI_TRANS_TYPE: u16 = 28;
    pub const LAST_CAPACITY: u16 = 29;
    pub const LAST_MKT: u16 = 30;
    pub const LAST_PX: u16 = 31;
    pub const LAST_QTY: u16 = 32;
    pub const NO_LINES_OF_TEXT: u16 = 33;
    pub const MSG_SEQ_NUM: u16 = 34;
    pub const MSG_TYPE: u16 = 35;
    pub const NEW_SEQ_NO: u16 = 36;
    pub const ORDER_ID: u16 = 37;
    pub const ORDER_QTY: u16 = 38;
    pub const ORD_STATUS: u16 = 39;
    pub const ORD_TYPE: u16 = 40;
    pub const ORIG_CL_ORD_ID: u16 = 41;
    pub const ORIG_TIME: u16 = 42;
    pub const POSS_DUP_FLAG: u16 = 43;
    pub const PRICE: u16 = 44;
    pub const REF_SEQ_NUM: u16 = 45;
    pub const SECURITY_ID: u16 = 48;
    pub const SENDER_COMP_ID: u16 = 49;
    pub const SENDER_SUB_ID: u16 = 50;
    pub const SENDING_TIME: u16 = 52;
    pub const QUANTITY: u16 = 53;
    pub const SIDE: u16 = 54;
    pub const SYMBOL: u16 = 55;
    pub const TARGET_COMP_ID: u16 = 56;
    pub const TARGET_SUB_ID: u16 = 57;
    pub const TEXT: u16 = 58;
    pub const TIME_IN_FORCE: u16 = 59;
    pub const TRANSACT_TIME: u16 = 60;
    pub const URGENCY: u16 = 61;
    pub const VALID_UNTIL_TIME: u16 = 62;
    pub const SETTL_TYPE: u16 = 63;
    pub const SETTL_DATE: u16 = 64;
    pub const SYMBOL_SFX: u16 = 65;
    pub const LIST_ID: u16 = 66;
    pub const LIST_SEQ_NO: u16 = 67;
    pub const TOT_NO_ORDERS: u16 = 68;
    pub const LIST_EXEC_INST: u16 = 69;
    pub const ALLOC_ID: u16 = 70;
    pub const ALLOC_TRANS_TYPE: u16 = 71;
    pub const REF_ALLOC_ID: u16 = 72;
    pub const NO_ORDERS: u16 = 73;
    pub const AVG_PX_PRECISION: u16 = 74;
    pub const TRADE_DATE: u16 = 75;
    pub const POSITION_EFFECT: u16 = 77;
    pub const NO_ALLOCS: u16 = 78;
    pub const ALLOC_ACCOUNT: u16 = 79;
    pub const ALLOC_QTY: u16 = 80;
    pub const PROCESS_CODE: u16 = 81;
    pub const NO_RPTS: u16 = 82;
    pub const RPT_SEQ: u16 = 83;
    pub const CXL_QTY: u16 = 84;
    pub const NO_DLVY_INST: u16 = 85;
    pub const ALLOC_STATUS: u16 = 87;
    pub const ALLOC_REJ_CODE: u16 = 88;
    pub const SIGNATURE: u16 = 89;
    pub const SECURE_DATA_LEN: u16 = 90;
    pub const SECURE_DATA: u16 = 91;
    pub const SIGNATURE_LENGTH: u16 = 93;
    pub const EMAIL_TYPE: u16 = 94;
    pub const RAW_DATA_LENGTH: u16 = 95;
    pub const RAW_DATA: u16 = 96;
    pub const POSS_RESEND: u16 = 97;
    pub const ENCRYPT_METHOD: u16 = 98;
    pub const STOP_PX: u16 = 99;
    pub const EX_DESTINATION: u16 = 100;
    pub const CXL_REJ_REASON: u16 = 102;
    pub const ORD_REJ_REASON: u16 = 103;
    pub const IOI_QUALIFIER: u16 = 104;
    pub const ISSUER: u16 = 106;
    pub const SECURITY_DESC: u16 = 107;
    pub const HEART_BT_INT: u16 = 108;
    pub const MIN_QTY: u16 = 110;
    pub const MAX_FLOOR: u16 = 111;
    pub const TEST_REQ_ID: u16 = 112;
    pub const REPORT_TO_EXCH: u16 = 113;
    pub const LOCATE_REQD: u16 = 114;
    pub const ON_BEHALF_OF_COMP_ID: u16 = 115;
    pub const ON_BEHALF_OF_SUB_ID: u16 = 116;
    pub const QUOTE_ID: u16 = 117;
    pub const NET_MONEY: u16 = 118;
    pub const SETTL_CURR_AMT: u16 = 119;
    pub const SETTL_CURRENCY: u16 = 120;
    pub const FOREX_REQ: u16 = 121;
    pub const ORIG_SENDING_TIME: u16 = 122;
    pub const GAP_FILL_FLAG: u16 = 123;
    pub const NO_EXECS: u16 = 124;
    pub const EXPIRE_TIME: u16 = 126;
    pub const DK_REASON: u16 = 127;
    pub const DELIVER_TO_COMP_ID: u16 = 128;
    pub const DELIVER_TO_SUB_ID: u16 = 129;
    pub const IOI_NATURAL_FLAG: u16 = 130;
    pub const QUOTE_REQ_ID: u16 = 131;
    pub const BID_PX: u16 = 132;
    pub const OFFER_PX: u16 = 133;
    pub const BID_SIZE: u16 = 134;
    pub const OFFER_SIZE: u16 = 135;
    pub const NO_MISC_FEES: u16 = 136;
    pub const MISC_FEE_AMT: u16 = 137;
    pub const MISC_FEE_CURR: u16 = 138;
    pub const MISC_FEE_TYPE: u16 = 139;
    pub const PREV_CLOSE_PX: u16 = 140;
    pub const RESET_SEQ_NUM_FLAG: u16 = 141;
    pub const SENDER_LOCATION_ID: u16 = 142;
    pub const TARGET_LOCATION_ID: u16 = 143;
    pub const ON_BEHALF_OF_LOCATION_ID: u16 = 144;
    pub const DELIVER_TO_LOCATION_ID: u16 = 145;
    pub const NO_RELATED_SYM: u16 = 146;
    pub const SUBJECT: u16 = 147;
    pub const HEADLINE: u16 = 148;
    pub const URL_LINK: u16 = 149;
    pub const EXEC_TYPE: u16 = 150;
    pub const LEAVES_QTY: u16 = 151;
    pub const CASH_ORDER_QTY: u16 = 152;
    pub const ALLOC_AVG_PX: u16 = 153;
    pub const ALLOC_NET_MONEY: u16 = 154;
    pub const SETTL_CURR_FX_RATE: u16 = 155;
    pub const SETTL_CURR_FX_RATE_CALC: u16 = 156;
    pub const NUM_DAYS_INTEREST: u16 = 157;
    pub const ACCRUED_INTEREST_RATE: u16 = 158;
    pub const ACCRUED_INTEREST_AMT: u16 = 159;
    pub const SETTL_INST_MODE: u16 = 160;
    pub const ALLOC_TEXT: u16 = 161;
    pub const SETTL_INST_ID: u16 = 162;
    pub const SETTL_INST_TRANS_TYPE: u16 = 163;
    pub const EMAIL_THREAD_ID: u16 = 164;
    pub const SETTL_INST_SOURCE: u16 = 165;
    pub const SECURITY_TYPE: u16 = 167;
    pub const EFFECTIVE_TIME: u16 = 168;
    pub const STAND_INST_DB_TYPE: u16 = 169;
    pub const STAND_INST_DB_NAME: u16 = 170;
    pub const STAND_INST_DB_ID: u16 = 171;
    pub const SETTL_DELIVERY_TYPE: u16 = 172;
    pub const BID_SPOT_RATE: u16 = 188;
    pub const BID_FORWARD_POINTS: u16 = 189;
    pub const OFFER_SPOT_RATE: u16 = 190;
    pub const OFFER_FORWARD_POINTS: u16 = 191;
    pub const ORDER_QTY2: u16 = 192;
    pub const SETTL_DATE2: u16 = 193;
    pub const LAST_SPOT_RATE: u16 = 194;
    pub const LAST_FORWARD_POINTS: u16 = 195;
    pub const ALLOC_LINK_ID: u16 = 196;
    pub const ALLOC_LINK_TYPE: u16 = 197;
    pub const SECONDARY_ORDER_ID: u16 = 198;
    pub const NO_IOI_QUALIFIERS: u16 = 199;
    pub const MATURITY_MONTH_YEAR: u16 = 200;
    pub const PUT_OR_CALL: u16 = 201;
    pub const STRIKE_PRICE: u16 = 202;
    pub const COVERED_OR_UNCOVERED: u16 = 203;
    pub const OPT_ATTRIBUTE: u16 = 206;
    pub const SECURITY_EXCHANGE: u16 = 207;
    pub const NOTIFY_BROKER_OF_CREDIT: u16 = 208;
    pub const ALLOC_HANDL_INST: u16 = 209;
    pub const MAX_SHOW: u16 = 210;
    pub const PEG_OFFSET_VALUE: u16 = 211;
    pub const XML_DATA_LEN: u16 = 212;
    pub const XML_DATA: u16 = 213;
    pub const SETTL_INST_REF_ID: u16 = 214;
    pub const NO_ROUTING_IDS: u16 = 215;
    pub const ROUTING_TYPE: u16 = 216;
    pub const ROUTING_ID: u16 = 217;
    pub const SPREAD: u16 = 218;
    pub const BENCHMARK_CURVE_CURRENCY: u16 = 220;
    pub const BENCHMARK_CURVE_NAME: u16 = 221;
    pub const BENCHMARK_CURVE_POINT: u16 = 222;
    pub const COUPON_RATE: u16 = 223;
    pub const COUPON_PAYMENT_DATE: u16 = 224;
    pub const ISSUE_DATE: u16 = 225;
    pub const REPURCHASE_TERM: u16 = 226;
    pub const REPURCHASE_RATE: u16 = 227;
    pub const FACTOR: u16 = 228;
    pub const TRADE_ORIGINATION_DATE: u16 = 229;
    pub const EX_DATE: u16 = 230;
    pub const CONTRACT_MULTIPLIER: u16 = 231;
    pub const NO_STIPULATIONS: u16 = 232;
    pub const STIPULATION_TYPE: u16 = 233;
    pub const STIPULATION_VALUE: u16 = 234;
    pub const YIELD_TYPE: u16 = 235;
    pub const YIELD: u16 = 236;
    pub const TOTAL_TAKEDOWN: u16 = 237;
    pub const CONCESSION: u16 = 238;
    pub const REPO_COLLATERAL_SECURITY_TYPE: u16 = 239;
    pub const REDEMPTION_DATE: u16 = 240;
    pub const UNDERLYING_COUPON_PAYMENT_DATE: u16 = 241;
    pub const UNDERLYING_ISSUE_DATE: u16 = 242;
    pub const UNDERLYING_REPO_COLLATERAL_SECURITY_TYPE: u16 = 243;
    pub const UNDERLYING_REPURCHASE_TERM: u16 = 244;
    pub const UNDERLYING_REPURCHASE_RATE: u16 = 245;
    pub const UNDERLYING_FACTOR: u16 = 246;
    pub const UNDERLYING_REDEMPTION_DATE: u16 = 247;
    pub const LEG_COUPON_PAYMENT_DATE: u16 = 248;
    pub const LEG_ISSUE_DATE: u16 = 249;
    pub const LEG_REPO_COLLATERAL_SECURITY_TYPE: u16 = 250;
    pub const LEG_REPURCHASE_TERM: u16 = 251;
    pub const LEG_REPURCHASE_RATE: u16 = 252;
    pub const LEG_FACTOR: u16 = 253;
    pub const LEG_REDEMPTION_DATE: u16 = 254;
    pub const CREDIT_RATING: u16 = 255;
    pub const UNDERLYING_CREDIT_RATING: u16 = 256;
    pub const LEG_CREDIT_RATING: u16 = 257;
    pub const TRADED_FLAT_SWITCH: u16 = 258;
    pub const BASIS_FEATURE_DATE: u16 = 259;
    pub const BASIS_FEATURE_PRICE: u16 = 260;
    pub const MD_REQ_ID: u16 = 262;
    pub const SUBSCRIPTION_REQUEST_TYPE: u16 = 263;
    pub const MARKET_DEPTH: u16 = 264;
    pub const MD_UPDATE_TYPE: u16 = 265;
    pub const AGGREGATED_BOOK: u16 = 266;
    pub const NO_MD_ENTRY_TYPES: u16 = 267;
    pub const NO_MD_ENTRIES: u16 = 268;
    pub const MD_ENTRY_TYPE: u16 = 269;
    pub const MD_ENTRY_PX: u16 = 270;
    pub const MD_ENTRY_SIZE: u16 = 271;
    pub const MD_ENTRY_DATE: u16 = 272;
    pub const MD_ENTRY_TIME: u16 = 273;
    pub const TICK_DIRECTION: u16 = 274;
    pub const MD_MKT: u16 = 275;
    pub const QUOTE_CONDITION: u16 = 276;
    pub const TRADE_CONDITION: u16 = 277;
    pub const MD_ENTRY_ID: u16 = 278;
    pub const MD_UPDATE_ACTION: u16 = 279;
    pub const MD_ENTRY_REF_ID: u16 = 280;
    pub const MD_REQ_REJ_REASON: u16 = 281;
    pub const MD_ENTRY_ORIGINATOR: u16 = 282;
    pub const LOCATION_ID: u16 = 283;
    pub const DESK_ID: u16 = 284;
    pub const DELETE_REASON: u16 = 285;
    pub const OPEN_CLOSE_SETTL_FLAG: u16 = 286;
    pub const SELLER_DAYS: u16 = 287;
    pub const MD_ENTRY_BUYER: u16 = 288;
    pub const MD_ENTRY_SELLER: u16 = 289;
    pub const MD_ENTRY_POSITION_NO: u16 = 290;
    pub const FINANCIAL_STATUS: u16 = 291;
    pub const CORPORATE_ACTION: u16 = 292;
    pub const DEF_BID_SIZE: u16 = 293;
    pub const DEF_OFFER_SIZE: u16 = 294;
    pub const NO_QUOTE_ENTRIES: u16 = 295;
    pub const NO_QUOTE_SETS: u16 = 296;
    pub const QUOTE_STATUS: u16 = 297;
    pub const QUOTE_CANCEL_TYPE: u16 = 298;
    pub const QUOTE_ENTRY_ID: u16 = 299;
    pub const QUOTE_REJECT_REASON: u16 = 300;
    pub const QUOTE_RESPONSE_LEVEL: u16 = 301;
    pub const QUOTE_SET_ID: u16 = 302;
    pub const QUOTE_REQUEST_TYPE: u16 = 303;
    pub const TOT_NO_QUOTE_ENTRIES: u16 = 304;
    pub const UNDERLYING_SECURITY_ID_SOURCE: u16 = 305;
    pub const UNDERLYING_ISSUER: u16 = 306;
    pub const UNDERLYING_SECURITY_DESC: u16 = 307;
    pub const UNDERLYING_SECURITY_EXCHANGE: u16 = 308;
    pub const UNDERLYING_SECURITY_ID: u16 = 309;
    pub const UNDERLYING_SECURITY_TYPE: u16 = 310;
    pub const UNDERLYING_SYMBOL: u16 = 311;
    pub const UNDERLYING_SYMBOL_SFX: u16 = 312;
    pub const UNDERLYING_MATURITY_MONTH_YEAR: u16 = 313;
    pub const UNDERLYING_PUT_OR_CALL: u16 = 315;
    pub const UNDERLYING_STRIKE_PRICE: u16 = 316;
    pub const UNDERLYING_OPT_ATTRIBUTE: u16 = 317;
    pub const UNDERLYING_CURRENCY: u16 = 318;
    pub const SECURITY_REQ_ID: u16 = 320;
    pub const SECURITY_REQUEST_TYPE: u16 = 321;
    pub const SECURITY_RESPONSE_ID: u16 = 322;
    pub const SECURITY_RESPONSE_TYPE: u16 = 323;
    pub const SECURITY_STATUS_REQ_ID: u16 = 324;
    pub const UNSOLICITED_INDICATOR: u16 = 325;
    pub const SECURITY_TRADING_STATUS: u16 = 326;
    pub const HALT_REASON_CHAR: u16 = 327;
    pub const IN_VIEW_OF_COMMON: u16 = 328;
    pub const DUE_TO_RELATED: u16 = 329;
    pub const BUY_VOLUME: u16 = 330;
    pub const SELL_VOLUME: u16 = 331;
    pub const HIGH_PX: u16 = 332;
    pub const LOW_PX: u16 = 333;
    pub const ADJUSTMENT: u16 = 334;
    pub const TRAD_SES_REQ_ID: u16 = 335;
    pub const TRADING_SESSION_ID: u16 = 336;
    pub const CONTRA_TRADER: u16 = 337;
    pub const TRAD_SES_METHOD: u16 = 338;
    pub const TRAD_SES_MODE: u16 = 339;
    pub const TRAD_SES_STATUS: u16 = 340;
    pub const TRAD_SES_START_TIME: u16 = 341;
    pub const TRAD_SES_OPEN_TIME: u16 = 342;
    pub const TRAD_SES_PRE_CLOSE_TIME: u16 = 343;
    pub const TRAD_SES_CLOSE_TIME: u16 = 344;
    pub const TRAD_SES_END_TIME: u16 = 345;
    pub const NUMBER_OF_ORDERS: u16 = 346;
    pub const MESSAGE_ENCODING: u16 = 347;
    pub const ENCODED_ISSUER_LEN: u16 = 348;
    pub const ENCODED_ISSUER: u16 = 349;
    pub const ENCODED_SECURITY_DESC_LEN: u16 = 350;
    pub const ENCODED_SECURITY_DESC: u16 = 351;
    pub const ENCODED_LIST_EXEC_INST_LEN: u16 = 352;
    pub const ENCODED_LIST_EXEC_INST: u16 = 353;
    pub const ENCODED_TEXT_LEN: u16 = 354;
    pub const ENCODED_TEXT: u16 = 355;
    pub const ENCODED_SUBJECT_LEN: u16 = 356;
    pub const ENCODED_SUBJECT: u16 = 357;
    pub const ENCODED_HEADLINE_LEN: u16 = 358;
    pub const ENCODED_HEADLINE: u16 = 359;
    pub const ENCODED_ALLOC_TEXT_LEN: u16 = 360;
    pub const ENCODED_ALLOC_TEXT: u16 = 361;
    pub const ENCODED_UNDERLYING_ISSUER_LEN: u16 = 362;
    pub const ENCODED_UNDERLYING_ISSUER: u16 = 363;
    pub const ENCODED_UNDERLYING_SECURITY_DESC_LEN: u16 = 364;
    pub const ENCODED_UNDERLYING_SECURITY_DESC: u16 = 365;
    pub const ALLOC_PRICE: u16 = 366;
    pub const QUOTE_SET_VALID_UNTIL_TIME: u16 = 367;
    pub const QUOTE_ENTRY_REJECT_REASON: u16 = 368;
    pub const LAST_MSG_SEQ_NUM_PROCESSED: u16 = 369;
    pub const REF_TAG_ID: u16 = 371;
    pub const REF_MSG_TYPE: u16 = 372;
    pub const SESSION_REJECT_REASON: u16 = 373;
    pub const BID_REQUEST_TRANS_TYPE: u16 = 374;
    pub const CONTRA_BROKER: u16 = 375;
    pub const COMPLIANCE_ID: u16 = 376;
    pub const SOLICITED_FLAG: u16 = 377;
    pub const EXEC_RESTATEMENT_REASON: u16 = 378;
    pub const BUSINESS_REJECT_REF_ID: u16 = 379;
    pub const BUSINESS_REJECT_REASON: u16 = 380;
    pub const GROSS_TRADE_AMT: u16 = 381;
    pub const NO_CONTRA_BROKERS: u16 = 382;
    pub const MAX_MESSAGE_SIZE: u16 = 383;
    pub const NO_MSG_TYPES: u16 = 384;
    pub const MSG_DIRECTION: u16 = 385;
    pub const NO_TRADING_SESSIONS: u16 = 386;
    pub const TOTAL_VOLUME_TRADED: u16 = 387;
    pub const DISCRETION_INST: u16 = 388;
    pub const DISCRETION_OFFSET_VALUE: u16 = 389;
    pub const BID_ID: u16 = 390;
    pub const CLIENT_BID_ID: u16 = 391;
    pub const LIST_NAME: u16 = 392;
    pub const TOT_NO_RELATED_SYM: u16 = 393;
    pub const BID_TYPE: u16 = 394;
    pub const NUM_TICKETS: u16 = 395;
    pub const SIDE_VALUE1: u16 = 396;
    pub const SIDE_VALUE2: u16 = 397;
    pub const NO_BID_DESCRIPTORS: u16 = 398;
    pub const BID_DESCRIPTOR_TYPE: u16 = 399;
    pub const BID_DESCRIPTOR: u16 = 400;
    pub const SIDE_VALUE_IND: u16 = 401;
    pub const LIQUIDITY_PCT_LOW: u16 = 402;
    pub const LIQUIDITY_PCT_HIGH: u16 = 403;
    pub const LIQUIDITY_VALUE: u16 = 404;
    pub const EFP_TRACKING_ERROR: u16 = 405;
    pub const FAIR_VALUE: u16 = 406;
    pub const OUTSIDE_INDEX_PCT: u16 = 407;
    pub const VALUE_OF_FUTURES: u16 = 408;
    pub const LIQUIDITY_IND_TYPE: u16 = 409;
    pub const WT_AVERAGE_LIQUIDITY: u16 = 410;
    pub const EXCHANGE_FOR_PHYSICAL: u16 = 411;
    pub const OUT_MAIN_CNTRY_UINDEX: u16 = 412;
    pub const CROSS_PERCENT: u16 = 413;
    pub const PROG_RPT_REQS: u16 = 414;
    pub const PROG_PERIOD_INTERVAL: u16 = 415;
    pub const INC_TAX_IND: u16 = 416;
    pub const NUM_BIDDERS: u16 = 417;
    pub const BID_TRADE_TYPE: u16 = 418;
    pub const BASIS_PX_TYPE: u16 = 419;
    pub const NO_BID_COMPONENTS: u16 = 420;
    pub const COUNTRY: u16 = 421;
    pub const TOT_NO_STRIKES: u16 = 422;
    pub const PRICE_TYPE: u16 = 423;
    pub const DAY_ORDER_QTY: u16 = 424;
    pub const DAY_CUM_QTY: u16 = 425;
    pub const DAY_AVG_PX: u16 = 426;
    pub const GT_BOOKING_INST: u16 = 427;
    pub const NO_STRIKES: u16 = 428;
    pub const LIST_STATUS_TYPE: u16 = 429;
    pub const NET_GROSS_IND: u16 = 430;
    pub const LIST_ORDER_STATUS: u16 = 431;
    pub const EXPIRE_DATE: u16 = 432;
    pub const LIST_EXEC_INST_TYPE: u16 = 433;
    pub const CXL_REJ_RESPONSE_TO: u16 = 434;
    pub const UNDERLYING_COUPON_RATE: u16 = 435;
    pub const UNDERLYING_CONTRACT_MULTIPLIER: u16 = 436;
    pub const CONTRA_TRADE_QTY: u16 = 437;
    pub const CONTRA_TRADE_TIME: u16 = 438;
    pub const LIQUIDITY_NUM_SECURITIES: u16 = 441;
    pub const MULTI_LEG_REPORTING_TYPE: u16 = 442;
    pub const STRIKE_TIME: u16 = 443;
    pub const LIST_STATUS_TEXT: u16 = 444;
    pub const ENCODED_LIST_STATUS_TEXT_LEN: u16 = 445;
    pub const ENCODED_LIST_STATUS_TEXT: u16 = 446;
    pub const PARTY_ID_SOURCE: u16 = 447;
    pub const PARTY_ID: u16 = 448;
    pub const NET_CHG_PREV_DAY: u16 = 451;
    pub const PARTY_ROLE: u16 = 452;
    pub const NO_PARTY_IDS: u16 = 453;
    pub const NO_SECURITY_ALT_ID: u16 = 454;
    pub const SECURITY_ALT_ID: u16 = 455;
    pub const SECURITY_ALT_ID_SOURCE: u16 = 456;
    pub const NO_UNDERLYING_SECURITY_ALT_ID: u16 = 457;
    pub const UNDERLYING_SECURITY_ALT_ID: u16 = 458;
    pub const UNDERLYING_SECURITY_ALT_ID_SOURCE: u16 = 459;
    pub const PRODUCT: u16 = 460;
    pub const CFI_CODE: u16 = 461;
    pub const UNDERLYING_PRODUCT: u16 = 462;
    pub const UNDERLYING_CFI_CODE: u16 = 463;
    pub const TEST_MESSAGE_INDICATOR: u16 = 464;
    pub const BOOKING_REF_ID: u16 = 466;
    pub const INDIVIDUAL_ALLOC_ID: u16 = 467;
    pub const ROUNDING_DIRECTION: u16 = 468;
    pub const ROUNDING_MODULUS: u16 = 469;
    pub const COUNTRY_OF_ISSUE: u16 = 470;
    pub const STATE_OR_PROVINCE_OF_ISSUE: u16 = 471;
    pub const LOCALE_OF_ISSUE: u16 = 472;
    pub const NO_REGIST_DTLS: u16 = 473;
    pub const MAILING_DTLS: u16 = 474;
    pub const INVESTOR_COUNTRY_OF_RESIDENCE: u16 = 475;
    pub const PAYMENT_REF: u16 = 476;
    pub const DISTRIB_PAYMENT_METHOD: u16 = 477;
    pub const CASH_DISTRIB_CURR: u16 = 478;
    pub const COMM_CURRENCY: u16 = 479;
    pub const CANCELLATION_RIGHTS: u16 = 480;
    pub const MONEY_LAUNDERING_STATUS: u16 = 481;
    pub const MAILING_INST: u16 = 482;
    pub const TRANS_BKD_TIME: u16 = 483;
    pub const EXEC_PRICE_TYPE: u16 = 484;
    pub const EXEC_PRICE_ADJUSTMENT: u16 = 485;
    pub const DATE_OF_BIRTH: u16 = 486;
    pub const TRADE_REPORT_TRANS_TYPE: u16 = 487;
    pub const CARD_HOLDER_NAME: u16 = 488;
    pub const CARD_NUMBER: u16 = 489;
    pub const CARD_EXP_DATE: u16 = 490;
    pub const CARD_ISS_NUM: u16 = 491;
    pub const PAYMENT_METHOD: u16 = 492;
    pub const REGIST_ACCT_TYPE: u16 = 493;
    pub const DESIGNATION: u16 = 494;
    pub const TAX_ADVANTAGE_TYPE: u16 = 495;
    pub const REGIST_REJ_REASON_TEXT: u16 = 496;
    pub const FUND_RENEW_WAIV: u16 = 497;
    pub const CASH_DISTRIB_AGENT_NAME: u16 = 498;
    pub const CASH_DISTRIB_AGENT_CODE: u16 = 499;
    pub const CASH_DISTRIB_AGENT_ACCT_NUMBER: u16 = 500;
    pub const CASH_DISTRIB_PAY_REF: u16 = 501;
    pub const CASH_DISTRIB_AGENT_ACCT_NAME: u16 = 502;
    pub const CARD_START_DATE: u16 = 503;
    pub const PAYMENT_DATE: u16 = 504;
    pub const PAYMENT_REMITTER_ID: u16 = 505;
    pub const REGIST_STATUS: u16 = 506;
    pub const REGIST_REJ_REASON_CODE: u16 = 507;
    pub const REGIST_REF_ID: u16 = 508;
    pub const REGIST_DTLS: u16 = 509;
    pub const NO_DISTRIB_INSTS: u16 = 510;
    pub const REGIST_EMAIL: u16 = 511;
    pub const DISTRIB_PERCENTAGE: u16 = 512;
    pub const REGIST_ID: u16 = 513;
    pub const REGIST_TRANS_TYPE: u16 = 514;
    pub const EXEC_VALUATION_POINT: u16 = 515;
    pub const ORDER_PERCENT: u16 = 516;
    pub const OWNERSHIP_TYPE: u16 = 517;
    pub const NO_CONT_AMTS: u16 = 518;
    pub const CONT_AMT_TYPE: u16 = 519;
    pub const CONT_AMT_VALUE: u16 = 520;
    pub const CONT_AMT_CURR: u16 = 521;
    pub const OWNER_TYPE: u16 = 522;
    pub const PARTY_SUB_ID: u16 = 523;
    pub const NESTED_PARTY_ID: u16 = 524;
    pub const NESTED_PARTY_ID_SOURCE: u16 = 525;
    pub const SECONDARY_CL_ORD_ID: u16 = 526;
    pub const SECONDARY_EXEC_ID: u16 = 527;
    pub const ORDER_CAPACITY: u16 = 528;
    pub const ORDER_RESTRICTIONS: u16 = 529;
    pub const MASS_CANCEL_REQUEST_TYPE: u16 = 530;
    pub const MASS_CANCEL_RESPONSE: u16 = 531;
    pub const MASS_CANCEL_REJECT_REASON: u16 = 532;
    pub const TOTAL_AFFECTED_ORDERS: u16 = 533;
    pub const NO_AFFECTED_ORDERS: u16 = 534;
    pub const AFFECTED_ORDER_ID: u16 = 535;
    pub const AFFECTED_SECONDARY_ORDER_ID: u16 = 536;
    pub const QUOTE_TYPE: u16 = 537;
    pub const NESTED_PARTY_ROLE: u16 = 538;
    pub const NO_NESTED_PARTY_IDS: u16 = 539;
    pub const TOTAL_ACCRUED_INTEREST_AMT: u16 = 540;
    pub const MATURITY_DATE: u16 = 541;
    pub const UNDERLYING_MATURITY_DATE: u16 = 542;
    pub const INSTR_REGISTRY: u16 = 543;
    pub const CASH_MARGIN: u16 = 544;
    pub const NESTED_PARTY_SUB_ID: u16 = 545;
    pub const SCOPE: u16 = 546;
    pub const MD_IMPLICIT_DELETE: u16 = 547;
    pub const CROSS_ID: u16 = 548;
    pub const CROSS_TYPE: u16 = 549;
    pub const CROSS_PRIORITIZATION: u16 = 550;
    pub const ORIG_CROSS_ID: u16 = 551;
    pub const NO_SIDES: u16 = 552;
    pub const USERNAME: u16 = 553;
    pub const PASSWORD: u16 = 554;
    pub const NO_LEGS: u16 = 555;
    pub const LEG_CURRENCY: u16 = 556;
    pub const TOT_NO_SECURITY_TYPES: u16 = 557;
    pub const NO_SECURITY_TYPES: u16 = 558;
    pub const SECURITY_LIST_REQUEST_TYPE: u16 = 559;
    pub const SECURITY_REQUEST_RESULT: u16 = 560;
    pub const ROUND_LOT: u16 = 561;
    pub const MIN_TRADE_VOL: u16 = 562;
    pub const MULTI_LEG_RPT_TYPE_REQ: u16 = 563;
    pub const LEG_POSITION_EFFECT: u16 = 564;
    pub const LEG_COVERED_OR_UNCOVERED: u16 = 565;
    pub const LEG_PRICE: u16 = 566;
    pub const TRAD_SES_STATUS_REJ_REASON: u16 = 567;
    pub const TRADE_REQUEST_ID: u16 = 568;
    pub const TRADE_REQUEST_TYPE: u16 = 569;
    pub const PREVIOUSLY_REPORTED: u16 = 570;
    pub const TRADE_REPORT_ID: u16 = 571;
    pub const TRADE_REPORT_REF_ID: u16 = 572;
    pub const MATCH_STATUS: u16 = 573;
    pub const MATCH_TYPE: u16 = 574;
    pub const ODD_LOT: u16 = 575;
    pub const NO_CLEARING_INSTRUCTIONS: u16 = 576;
    pub const CLEARING_INSTRUCTION: u16 = 577;
    pub const TRADE_INPUT_SOURCE: u16 = 578;
    pub const TRADE_INPUT_DEVICE: u16 = 579;
    pub const NO_DATES: u16 = 580;
    pub const ACCOUNT_TYPE: u16 = 581;
    pub const CUST_ORDER_CAPACITY: u16 = 582;
    pub const CL_ORD_LINK_ID: u16 = 583;
    pub const MASS_STATUS_REQ_ID: u16 = 584;
    pub const MASS_STATUS_REQ_TYPE: u16 = 585;
    pub const ORIG_ORD_MOD_TIME: u16 = 586;
    pub const LEG_SETTL_TYPE: u16 = 587;
    pub const LEG_SETTL_DATE: u16 = 588;
    pub const DAY_BOOKING_INST: u16 = 589;
    pub const BOOKING_UNIT: u16 = 590;
    pub const PREALLOC_METHOD: u16 = 591;
    pub const UNDERLYING_COUNTRY_OF_ISSUE: u16 = 592;
    pub const UNDERLYING_STATE_OR_PROVINCE_OF_ISSUE: u16 = 593;
    pub const UNDERLYING_LOCALE_OF_ISSUE: u16 = 594;
    pub const UNDERLYING_INSTR_REGISTRY: u16 = 595;
    pub const LEG_COUNTRY_OF_ISSUE: u16 = 596;
    pub const LEG_STATE_OR_PROVINCE_OF_ISSUE: u16 = 597;
    pub const LEG_LOCALE_OF_ISSUE: u16 = 598;
    pub const LEG_INSTR_REGISTRY: u16 = 599;
    pub const LEG_SYMBOL: u16 = 600;
    pub const LEG_SYMBOL_SFX: u16 = 601;
    pub const LEG_SECURITY_ID: u16 = 602;
    pub const LEG_SECURITY_ID_SOURCE: u16 = 603;
    pub const NO_LEG_SECURITY_ALT_ID: u16 = 604;
    pub const LEG_SECURITY_ALT_ID: u16 = 605;
    pub const LEG_SECURITY_ALT_ID_SOURCE: u16 = 606;
    pub const LEG_PRODUCT: u16 = 607;
    pub const LEG_CFI_CODE: u16 = 608;
    pub const LEG_SECURITY_TYPE: u16 = 609;
    pub const LEG_MATURITY_MONTH_YEAR: u16 = 610;
    pub const LEG_MATURITY_DATE: u16 = 611;
    pub const LEG_STRIKE_PRICE: u16 = 612;
    pub const LEG_OPT_ATTRIBUTE: u16 = 613;
    pub const LEG_CONTRACT_MULTIPLIER: u16 = 614;
    pub const LEG_COUPON_RATE: u16 = 615;
    pub const LEG_SECURITY_EXCHANGE: u16 = 616;
    pub const LEG_ISSUER: u16 = 617;
    pub const ENCODED_LEG_ISSUER_LEN: u16 = 618;
    pub const ENCODED_LEG_ISSUER: u16 = 619;
    pub const LEG_SECURITY_DESC: u16 = 620;
    pub const ENCODED_LEG_SECURITY_DESC_LEN: u16 = 621;
    pub const ENCODED_LEG_SECURITY_DESC: u16 = 622;
    pub const LEG_RATIO_QTY: u16 = 623;
    pub const LEG_SIDE: u16 = 624;
    pub const TRADING_SESSION_SUB_ID: u16 = 625;
    pub const ALLOC_TYPE: u16 = 626;
    pub const NO_HOPS: u16 = 627;
    pub const HOP_COMP_ID: u16 = 628;
    pub const HOP_SENDING_TIME: u16 = 629;
    pub const HOP_REF_ID: u16 = 630;
    pub const MID_PX: u16 = 631;
    pub const BID_YIELD: u16 = 632;
    pub const MID_YIELD: u16 = 633;
    pub const OFFER_YIELD: u16 = 634;
    pub const CLEARING_FEE_INDICATOR: u16 = 635;
    pub const WORKING_INDICATOR: u16 = 636;
    pub const LEG_LAST_PX: u16 = 637;
    pub const PRIORITY_INDICATOR: u16 = 638;
    pub const PRICE_IMPROVEMENT: u16 = 639;
    pub const PRICE2: u16 = 640;
    pub const LAST_FORWARD_POINTS2: u16 = 641;
    pub const BID_FORWARD_POINTS2: u16 = 642;
    pub const OFFER_FORWARD_POINTS2: u16 = 643;
    pub const RFQ_REQ_ID: u16 = 644;
    pub const MKT_BID_PX: u16 = 645;
    pub const MKT_OFFER_PX: u16 = 646;
    pub const MIN_BID_SIZE: u16 = 647;
    pub const MIN_OFFER_SIZE: u16 = 648;
    pub const QUOTE_STATUS_REQ_ID: u16 = 649;
    pub const LEGAL_CONFIRM: u16 = 650;
    pub const UNDERLYING_LAST_PX: u16 = 651;
    pub const UNDERLYING_LAST_QTY: u16 = 652;
    pub const LEG_REF_ID: u16 = 654;
    pub const CONTRA_LEG_REF_ID: u16 = 655;
    pub const SETTL_CURR_BID_FX_RATE: u16 = 656;
    pub const SETTL_CURR_OFFER_FX_RATE: u16 = 657;
    pub const QUOTE_REQUEST_REJECT_REASON: u16 = 658;
    pub const SIDE_COMPLIANCE_ID: u16 = 659;
    pub const ACCT_ID_SOURCE: u16 = 660;
    pub const ALLOC_ACCT_ID_SOURCE: u16 = 661;
    pub const BENCHMARK_PRICE: u16 = 662;
    pub const BENCHMARK_PRICE_TYPE: u16 = 663;
    pub const CONFIRM_ID: u16 = 664;
    pub const CONFIRM_STATUS: u16 = 665;
    pub const CONFIRM_TRANS_TYPE: u16 = 666;
    pub const CONTRACT_SETTL_MONTH: u16 = 667;
    pub const DELIVERY_FORM: u16 = 668;
    pub const LAST_PAR_PX: u16 = 669;
    pub const NO_LEG_ALLOCS: u16 = 670;
    pub const LEG_ALLOC_ACCOUNT: u16 = 671;
    pub const LEG_INDIVIDUAL_ALLOC_ID: u16 = 672;
    pub const LEG_ALLOC_QTY: u16 = 673;
    pub const LEG_ALLOC_ACCT_ID_SOURCE: u16 = 674;
    pub const LEG_SETTL_CURRENCY: u16 = 675;
    pub const LEG_BENCHMARK_CURVE_CURRENCY: u16 = 676;
    pub const LEG_BENCHMARK_CURVE_NAME: u16 = 677;
    pub const LEG_BENCHMARK_CURVE_POINT: u16 = 678;
    pub const LEG_BENCHMARK_PRICE: u16 = 679;
    pub const LEG_BENCHMARK_PRICE_TYPE: u16 = 680;
    pub const LEG_BID_PX: u16 = 681;
    pub const LEG_IOI_QTY: u16 = 682;
    pub const NO_LEG_STIPULATIONS: u16 = 683;
    pub const LEG_OFFER_PX: u16 = 684;
    pub const LEG_PRICE_TYPE: u16 = 686;
    pub const LEG_QTY: u16 = 687;
    pub const LEG_STIPULATION_TYPE: u16 = 688;
    pub const LEG_STIPULATION_VALUE: u16 = 689;
    pub const LEG_SWAP_TYPE: u16 = 690;
    pub const POOL: u16 = 691;
    pub const QUOTE_PRICE_TYPE: u16 = 692;
    pub const QUOTE_RESP_ID: u16 = 693;
    pub const QUOTE_RESP_TYPE: u16 = 694;
    pub const QUOTE_QUALIFIER: u16 = 695;
    pub const YIELD_REDEMPTION_DATE: u16 = 696;
    pub const YIELD_REDEMPTION_PRICE: u16 = 697;
    pub const YIELD_REDEMPTION_PRICE_TYPE: u16 = 698;
    pub const BENCHMARK_SECURITY_ID: u16 = 699;
    pub const REVERSAL_INDICATOR: u16 = 700;
    pub const YIELD_CALC_DATE: u16 = 701;
    pub const NO_POSITIONS: u16 = 702;
    pub const POS_TYPE: u16 = 703;
    pub const LONG_QTY: u16 = 704;
    pub const SHORT_QTY: u16 = 705;
    pub const POS_QTY_STATUS: u16 = 706;
    pub const POS_AMT_TYPE: u16 = 707;
    pub const POS_AMT: u16 = 708;
    pub const POS_TRANS_TYPE: u16 = 709;
    pub const POS_REQ_ID: u16 = 710;
    pub const NO_UNDERLYINGS: u16 = 711;
    pub const POS_MAINT_ACTION: u16 = 712;
    pub const ORIG_POS_REQ_REF_ID: u16 = 713;
    pub const POS_MAINT_RPT_REF_ID: u16 = 714;
    pub const CLEARING_BUSINESS_DATE: u16 = 715;
    pub const SETTL_SESS_ID: u16 = 716;
    pub const SETTL_SESS_SUB_ID: u16 = 717;
    pub const ADJUSTMENT_TYPE: u16 = 718;
    pub const CONTRARY_INSTRUCTION_INDICATOR: u16 = 719;
    pub const PRIOR_SPREAD_INDICATOR: u16 = 720;
    pub const POS_MAINT_RPT_ID: u16 = 721;
    pub const POS_MAINT_STATUS: u16 = 722;
    pub const POS_MAINT_RESULT: u16 = 723;
    pub const POS_REQ_TYPE: u16 = 724;
    pub const RESPONSE_TRANSPORT_TYPE: u16 = 725;
    pub const RESPONSE_DESTINATION: u16 = 726;
    pub const TOTAL_NUM_POS_REPORTS: u16 = 727;
    pub const POS_REQ_RESULT: u16 = 728;
    pub const POS_REQ_STATUS: u16 = 729;
    pub const SETTL_PRICE: u16 = 730;
    pub const SETTL_PRICE_TYPE: u16 = 731;
    pub const UNDERLYING_SETTL_PRICE: u16 = 732;
    pub const UNDERLYING_SETTL_PRICE_TYPE: u16 = 733;
    pub const PRIOR_SETTL_PRICE: u16 = 734;
    pub const NO_QUOTE_QUALIFIERS: u16 = 735;
    pub const ALLOC_SETTL_CURRENCY: u16 = 736;
    pub const ALLOC_SETTL_CURR_AMT: u16 = 737;
    pub const INTEREST_AT_MATURITY: u16 = 738;
    pub const LEG_DATED_DATE: u16 = 739;
    pub const LEG_POOL: u16 = 740;
    pub const ALLOC_INTEREST_AT_MATURITY: u16 = 741;
    pub const ALLOC_ACCRUED_INTEREST_AMT: u16 = 742;
    pub const DELIVERY_DATE: u16 = 743;
    pub const ASSIGNMENT_METHOD: u16 = 744;
    pub const ASSIGNMENT_UNIT: u16 = 745;
    pub const OPEN_INTEREST: u16 = 746;
    pub const EXERCISE_METHOD: u16 = 747;
    pub const TOT_NUM_TRADE_REPORTS: u16 = 748;
    pub const TRADE_REQUEST_RESULT: u16 = 749;
    pub const TRADE_REQUEST_STATUS: u16 = 750;
    pub const TRADE_REPORT_REJECT_REASON: u16 = 751;
    pub const SIDE_MULTI_LEG_REPORTING_TYPE: u16 = 752;
    pub const NO_POS_AMT: u16 = 753;
    pub const AUTO_ACCEPT_INDICATOR: u16 = 754;
    pub const ALLOC_REPORT_ID: u16 = 755;
    pub const NO_NESTED2_PARTY_IDS: u16 = 756;
    pub const NESTED2_PARTY_ID: u16 = 757;
    pub const NESTED2_PARTY_ID_SOURCE: u16 = 758;
    pub const NESTED2_PARTY_ROLE: u16 = 759;
    pub const NESTED2_PARTY_SUB_ID: u16 = 760;
    pub const BENCHMARK_SECURITY_ID_SOURCE: u16 = 761;
    pub const SECURITY_SUB_TYPE: u16 = 762;
    pub const UNDERLYING_SECURITY_SUB_TYPE: u16 = 763;
    pub const LEG_SECURITY_SUB_TYPE: u16 = 764;
    pub const ALLOWABLE_ONE_SIDEDNESS_PCT: u16 = 765;
    pub const ALLOWABLE_ONE_SIDEDNESS_VALUE: u16 = 766;
    pub const ALLOWABLE_ONE_SIDEDNESS_CURR: u16 = 767;
    pub const NO_TRD_REG_TIMESTAMPS: u16 = 768;
    pub const TRD_REG_TIMESTAMP: u16 = 769;
    pub const TRD_REG_TIMESTAMP_TYPE: u16 = 770;
    pub const TRD_REG_TIMESTAMP_ORIGIN: u16 = 771;
    pub const CONFIRM_REF_ID: u16 = 772;
    pub const CONFIRM_TYPE: u16 = 773;
    pub const CONFIRM_REJ_REASON: u16 = 774;
    pub const BOOKING_TYPE: u16 = 775;
    pub const INDIVIDUAL_ALLOC_REJ_CODE: u16 = 776;
    pub const SETTL_INST_MSG_ID: u16 = 777;
    pub const NO_SETTL_INST: u16 = 778;
    pub const LAST_UPDATE_TIME: u16 = 779;
    pub const ALLOC_SETTL_INST_TYPE: u16 = 780;
    pub const NO_SETTL_PARTY_IDS: u16 = 781;
    pub const SETTL_PARTY_ID: u16 = 782;
    pub const SETTL_PARTY_ID_SOURCE: u16 = 783;
    pub const SETTL_PARTY_ROLE: u16 = 784;
    pub const SETTL_PARTY_SUB_ID: u16 = 785;
    pub const SETTL_PARTY_SUB_ID_TYPE: u16 = 786;
    pub const DLVY_INST_TYPE: u16 = 787;
    pub const TERMINATION_TYPE: u16 = 788;
    pub const NEXT_EXPECTED_MSG_SEQ_NUM: u16 = 789;
    pub const ORD_STATUS_REQ_ID: u16 = 790;
    pub const SETTL_INST_REQ_ID: u16 = 791;
    pub const SETTL_INST_REQ_REJ_CODE: u16 = 792;
    pub const SECONDARY_ALLOC_ID: u16 = 793;
    pub const ALLOC_REPORT_TYPE: u16 = 794;
    pub const ALLOC_REPORT_REF_ID: u16 = 795;
    pub const ALLOC_CANC_REPLACE_REASON: u16 = 796;
    pub const COPY_MSG_INDICATOR: u16 = 797;
    pub const ALLOC_ACCOUNT_TYPE: u16 = 798;
    pub const ORDER_AVG_PX: u16 = 799;
    pub const ORDER_BOOKING_QTY: u16 = 800;
    pub const NO_SETTL_PARTY_SUB_IDS: u16 = 801;
    pub const NO_PARTY_SUB_IDS: u16 = 802;
    pub const PARTY_SUB_ID_TYPE: u16 = 803;
    pub const NO_NESTED_PARTY_SUB_IDS: u16 = 804;
    pub const NESTED_PARTY_SUB_ID_TYPE: u16 = 805;
    pub const NO_NESTED2_PARTY_SUB_IDS: u16 = 806;
    pub const NESTED2_PARTY_SUB_ID_TYPE: u16 = 807;
    pub const ALLOC_INTERMED_REQ_TYPE: u16 = 808;
    pub const UNDERLYING_PX: u16 = 810;
    pub const PRICE_DELTA: u16 = 811;
    pub const APPL_QUEUE_MAX: u16 = 812;
    pub const APPL_QUEUE_DEPTH: u16 = 813;
    pub const APPL_QUEUE_RESOLUTION: u16 = 814;
    pub const APPL_QUEUE_ACTION: u16 = 815;
    pub const NO_ALT_MD_SOURCE: u16 = 816;
    pub const ALT_MD_SOURCE_ID: u16 = 817;
    pub const SECONDARY_TRADE_REPORT_ID: u16 = 818;
    pub const AVG_PX_INDICATOR: u16 = 819;
    pub const TRADE_LINK_ID: u16 = 820;
    pub const ORDER_INPUT_DEVICE: u16 = 821;
    pub const UNDERLYING_TRADING_SESSION_ID: u16 = 822;
    pub const UNDERLYING_TRADING_SESSION_SUB_ID: u16 = 823;
    pub const TRADE_LEG_REF_ID: u16 = 824;
    pub const EXCHANGE_RULE: u16 = 825;
    pub const TRADE_ALLOC_INDICATOR: u16 = 826;
    pub const EXPIRATION_CYCLE: u16 = 827;
    pub const TRD_TYPE: u16 = 828;
    pub const TRD_SUB_TYPE: u16 = 829;
    pub const TRANSFER_REASON: u16 = 830;
    pub const TOT_NUM_ASSIGNMENT_REPORTS: u16 = 832;
    pub const ASGN_RPT_ID: u16 = 833;
    pub const THRESHOLD_AMOUNT: u16 = 834;
    pub const PEG_MOVE_TYPE: u16 = 835;
    pub const PEG_OFFSET_TYPE: u16 = 836;
    pub const PEG_LIMIT_TYPE: u16 = 837;
    pub const PEG_ROUND_DIRECTION: u16 = 838;
    pub const PEGGED_PRICE: u16 = 839;
    pub const PEG_SCOPE: u16 = 840;
    pub const DISCRETION_MOVE_TYPE: u16 = 841;
    pub const DISCRETION_OFFSET_TYPE: u16 = 842;
    pub const DISCRETION_LIMIT_TYPE: u16 = 843;
    pub const DISCRETION_ROUND_DIRECTION: u16 = 844;
    pub const DISCRETION_PRICE: u16 = 845;
    pub const DISCRETION_SCOPE: u16 = 846;
    pub const TARGET_STRATEGY: u16 = 847;
    pub const TARGET_STRATEGY_PARAMETERS: u16 = 848;
    pub const PARTICIPATION_RATE: u16 = 849;
    pub const TARGET_STRATEGY_PERFORMANCE: u16 = 850;
    pub const LAST_LIQUIDITY_IND: u16 = 851;
    pub const PUBLISH_TRD_INDICATOR: u16 = 852;
    pub const SHORT_SALE_REASON: u16 = 853;
    pub const QTY_TYPE: u16 = 854;
    pub const SECONDARY_TRD_TYPE: u16 = 855;
    pub const TRADE_REPORT_TYPE: u16 = 856;
    pub const ALLOC_NO_ORDERS_TYPE: u16 = 857;
    pub const SHARED_COMMISSION: u16 = 858;
    pub const CONFIRM_REQ_ID: u16 = 859;
    pub const AVG_PAR_PX: u16 = 860;
    pub const REPORTED_PX: u16 = 861;
    pub const NO_CAPACITIES: u16 = 862;
    pub const ORDER_CAPACITY_QTY: u16 = 863;
    pub const NO_EVENTS: u16 = 864;
    pub const EVENT_TYPE: u16 = 865;
    pub const EVENT_DATE: u16 = 866;
    pub const EVENT_PX: u16 = 867;
    pub const EVENT_TEXT: u16 = 868;
    pub const PCT_AT_RISK: u16 = 869;
    pub const NO_INSTR_ATTRIB: u16 = 870;
    pub const INSTR_ATTRIB_TYPE: u16 = 871;
    pub const INSTR_ATTRIB_VALUE: u16 = 872;
    pub const DATED_DATE: u16 = 873;
    pub const INTEREST_ACCRUAL_DATE: u16 = 874;
    pub const CP_PROGRAM: u16 = 875;
    pub const CP_REG_TYPE: u16 = 876;
    pub const UNDERLYING_CP_PROGRAM: u16 = 877;
    pub const UNDERLYING_CP_REG_TYPE: u16 = 878;
    pub const UNDERLYING_QTY: u16 = 879;
    pub const TRD_MATCH_ID: u16 = 880;
    pub const SECONDARY_TRADE_REPORT_REF_ID: u16 = 881;
    pub const UNDERLYING_DIRTY_PRICE: u16 = 882;
    pub const UNDERLYING_END_PRICE: u16 = 883;
    pub const UNDERLYING_START_VALUE: u16 = 884;
    pub const UNDERLYING_CURRENT_VALUE: u16 = 885;
    pub const UNDERLYING_END_VALUE: u16 = 886;
    pub const NO_UNDERLYING_STIPS: u16 = 887;
    pub const UNDERLYING_STIP_TYPE: u16 = 888;
    pub const UNDERLYING_STIP_VALUE: u16 = 889;
    pub const MATURITY_NET_MONEY: u16 = 890;
    pub const MISC_FEE_BASIS: u16 = 891;
    pub const TOT_NO_ALLOCS: u16 = 892;
    pub const LAST_FRAGMENT: u16 = 893;
    pub const COLL_REQ_ID: u16 = 894;
    pub const COLL_ASGN_REASON: u16 = 895;
    pub const COLL_INQUIRY_QUALIFIER: u16 = 896;
    pub const NO_TRADES: u16 = 897;
    pub const MARGIN_RATIO: u16 = 898;
    pub const MARGIN_EXCESS: u16 = 899;
    pub const TOTAL_NET_VALUE: u16 = 900;
    pub const CASH_OUTSTANDING: u16 = 901;
    pub const COLL_ASGN_ID: u16 = 902;
    pub const COLL_ASGN_TRANS_TYPE: u16 = 903;
    pub const COLL_RESP_ID: u16 = 904;
    pub const COLL_ASGN_RESP_TYPE: u16 = 905;
    pub const COLL_ASGN_REJECT_REASON: u16 = 906;
    pub const COLL_ASGN_REF_ID: u16 = 907;
    pub const COLL_RPT_ID: u16 = 908;
    pub const COLL_INQUIRY_ID: u16 = 909;
    pub const COLL_STATUS: u16 = 910;
    pub const TOT_NUM_REPORTS: u16 = 911;
    pub const LAST_RPT_REQUESTED: u16 = 912;
    pub const AGREEMENT_DESC: u16 = 913;
    pub const AGREEMENT_ID: u16 = 914;
    pub const AGREEMENT_DATE: u16 = 915;
    pub const START_DATE: u16 = 916;
    pub const END_DATE: u16 = 917;
    pub const AGREEMENT_CURRENCY: u16 = 918;
    pub const DELIVERY_TYPE: u16 = 919;
    pub const END_ACCRUED_INTEREST_AMT: u16 = 920;
    pub const START_CASH: u16 = 921;
    pub const END_CASH: u16 = 922;
    pub const USER_REQUEST_ID: u16 = 923;
    pub const USER_REQUEST_TYPE: u16 = 924;
    pub const NEW_PASSWORD: u16 = 925;
    pub const USER_STATUS: u16 = 926;
    pub const USER_STATUS_TEXT: u16 = 927;
    pub const STATUS_VALUE: u16 = 928;
    pub const STATUS_TEXT: u16 = 929;
    pub const REF_COMP_ID: u16 = 930;
    pub const REF_SUB_ID: u16 = 931;
    pub const NETWORK_RESPONSE_ID: u16 = 932;
    pub const NETWORK_REQUEST_ID: u16 = 933;
    pub const LAST_NETWORK_RESPONSE_ID: u16 = 934;
    pub const NETWORK_REQUEST_TYPE: u16 = 935;
    pub const NO_COMP_IDS: u16 = 936;
    pub const NETWORK_STATUS_RESPONSE_TYPE: u16 = 937;
    pub const NO_COLL_INQUIRY_QUALIFIER: u16 = 938;
    pub const TRD_RPT_STATUS: u16 = 939;
    pub const AFFIRM_STATUS: u16 = 940;
    pub const UNDERLYING_STRIKE_CURRENCY: u16 = 941;
    pub const LEG_STRIKE_CURRENCY: u16 = 942;
    pub const TIME_BRACKET: u16 = 943;
    pub const COLL_ACTION: u16 = 944;
    pub const COLL_INQUIRY_STATUS: u16 = 945;
    pub const COLL_INQUIRY_RESULT: u16 = 946;
    pub const STRIKE_CURRENCY: u16 = 947;
    pub const NO_NESTED3_PARTY_IDS: u16 = 948;
    pub const NESTED3_PARTY_ID: u16 = 949;
    pub const NESTED3_PARTY_ID_SOURCE: u16 = 950;
    pub const NESTED3_PARTY_ROLE: u16 = 951;
    pub const NO_NESTED3_PARTY_SUB_IDS: u16 = 952;
    pub const NESTED3_PARTY_SUB_ID: u16 = 953;
    pub const NESTED3_PARTY_SUB_ID_TYPE: u16 = 954;
    pub const LEG_CONTRACT_SETTL_MONTH: u16 = 955;
    pub const LEG_INTEREST_ACCRUAL_DATE: u16 = 956;
}

/// Every value of MsgType (35), by the name of the message.
#[allow(missing_docs, reason = "the names are FIX 4.4's")]
pub mod msg_type {
    pub const HEARTBEAT: &[u8] = b"0";
    pub const TEST_REQUEST: &[u8] = b"1";
    pub const RESEND_REQUEST: &[u8] = b"2";
    pub const REJECT: &[u8] = b"3";
    pub const SEQUENCE_RESET: &[u8] = b"4";
    pub const LOGOUT: &[u8] = b"5";
    pub const IOI: &[u8] = b"6";
    pub const ADVERTISEMENT: &[u8] = b"7";
    pub const EXECUTION_REPORT: &[u8] = b"8";
    pub const ORDER_CANCEL_REJECT: &[u8] = b"9";
    pub const LOGON: &[u8] = b"A";
    pub const DERIVATIVE_SECURITY_LIST: &[u8] = b"AA";
    pub const NEW_ORDER_MULTILEG: &[u8] = b"AB";
    pub const MULTILEG_ORDER_CANCEL_REPLACE: &[u8] = b"AC";
    pub const TRADE_CAPTURE_REPORT_REQUEST: &[u8] = b"AD";
    pub const TRADE_CAPTURE_REPORT: &[u8] = b"AE";
    pub const ORDER_MASS_STATUS_REQUEST: &[u8] = b"AF";
    pub const QUOTE_REQUEST_REJECT: &[u8] = b"AG";
    pub const RFQ_REQUEST: &[u8] = b"AH";
    pub const QUOTE_STATUS_REPORT: &[u8] = b"AI";
    pub const QUOTE_RESPONSE: &[u8] = b"AJ";
    pub const CONFIRMATION: &[u8] = b"AK";
    pub const POSITION_MAINTENANCE_REQUEST: &[u8] = b"AL";
    pub const POSITION_MAINTENANCE_REPORT: &[u8] = b"AM";
    pub const REQUEST_FOR_POSITIONS: &[u8] = b"AN";
    pub const REQUEST_FOR_POSITIONS_ACK: &[u8] = b"AO";
    pub const POSITION_REPORT: &[u8] = b"AP";
    pub const TRADE_CAPTURE_REPORT_REQUEST_ACK: &[u8] = b"AQ";
    pub const TRADE_CAPTURE_REPORT_ACK: &[u8] = b"AR";
    pub const ALLOCATION_REPORT: &[u8] = b"AS";
    pub const ALLOCATION_REPORT_ACK: &[u8] = b"AT";
    pub const CONFIRMATION_ACK: &[u8] = b"AU";
    pub const SETTLEMENT_INSTRUCTION_REQUEST: &[u8] = b"AV";
    pub const ASSIGNMENT_REPORT: &[u8] = b"AW";
    pub const COLLATERAL_REQUEST: &[u8] = b"AX";
    pub const COLLATERAL_ASSIGNMENT: &[u8] = b"AY";
    pub const COLLATERAL_RESPONSE: &[u8] = b"AZ";
    pub const NEWS: &[u8] = b"B";
    pub const COLLATERAL_REPORT: &[u8] = b"BA";
    pub const COLLATERAL_INQUIRY: &[u8] = b"BB";
    pub const NETWORK_COUNTERPARTY_SYSTEM_STATUS_REQUEST: &[u8] = b"BC";
    pub const NETWORK_COUNTERPARTY_SYSTEM_STATUS_RESPONSE: &[u8] = b"BD";
    pub const USER_REQUEST: &[u8] = b"BE";
    pub const USER_RESPONSE: &[u8] = b"BF";
    pub const COLLATERAL_INQUIRY_ACK: &[u8] = b"BG";
    pub const CONFIRMATION_REQUEST: &[u8] = b"BH";
    pub const EMAIL: &[u8] = b"C";
    pub const NEW_ORDER_SINGLE: &[u8] = b"D";
    pub const NEW_ORDER_LIST: &[u8] = b"E";
    pub const ORDER_CANCEL_REQUEST: &[u8] = b"F";
    pub const ORDER_CANCEL_REPLACE_REQUEST: &[u8] = b"G";
    pub const ORDER_STATUS_REQUEST: &[u8] = b"H";
    pub const ALLOCATION_INSTRUCTION: &[u8] = b"J";
    pub const LIST_CANCEL_REQUEST: &[u8] = b"K";
    pub const LIST_EXECUTE: &[u8] = b"L";
    pub const LIST_STATUS_REQUEST: &[u8] = b"M";
    pub const LIST_STATUS: &[u8] = b"N";
    pub const ALLOCATION_INSTRUCTION_ACK: &[u8] = b"P";
    pub const DONT_KNOW_TRADE: &[u8] = b"Q";
    pub const QUOTE_REQUEST: &[u8] = b"R";
    pub const QUOTE: &[u8] = b"S";
    pub const SETTLEMENT_INSTRUCTIONS: &[u8] = b"T";
    pub const MARKET_DATA_REQUEST: &[u8] = b"V";
    pub const MARKET_DATA_SNAPSHOT_FULL_REFRESH: &[u8] = b"W";
    pub const MARKET_DATA_INCREMENTAL_REFRESH: &[u8] = b"X";
    pub const MARKET_DATA_REQUEST_REJECT: &[u8] = b"Y";
    pub const QUOTE_CANCEL: &[u8] = b"Z";
    pub const QUOTE_STATUS_REQUEST: &[u8] = b"a";
    pub const MASS_QUOTE_ACKNOWLEDGEMENT: &[u8] = b"b";
    pub const SECURITY_DEFINITION_REQUEST: &[u8] = b"c";
    pub const SECURITY_DEFINITION: &[u8] = b"d";
    pub const SECURITY_STATUS_REQUEST: &[u8] = b"e";
    pub const SECURITY_STATUS: &[u8] = b"f";
    pub const TRADING_SESSION_STATUS_REQUEST: &[u8] = b"g";
    pub const TRADING_SESSION_STATUS: &[u8] = b"h";
    pub const MASS_QUOTE: &[u8] = b"i";
    pub const BUSINESS_MESSAGE_REJECT: &[u8] = b"j";
    pub const BID_REQUEST: &[u8] = b"k";
    pub const BID_RESPONSE: &[u8] = b"l";
    pub const LIST_STRIKE_PRICE: &[u8] = b"m";
    pub const XM_LNON_FIX: &[u8] = b"n";
    pub const REGISTRATION_INSTRUCTIONS: &[u8] = b"o";
    pub const REGISTRATION_INSTRUCTIONS_RESPONSE: &[u8] = b"p";
    pub const ORDER_MASS_CANCEL_REQUEST: &[u8] = b"q";
    pub const ORDER_MASS_CANCEL_REPORT: &[u8] = b"r";
    pub const NEW_ORDER_CROSS: &[u8] = b"s";
    pub const CROSS_ORDER_CANCEL_REPLACE_REQUEST: &[u8] = b"t";
    pub const CROSS_ORDER_CANCEL_REQUEST: &[u8] = b"u";
    pub const SECURITY_TYPE_REQUEST: &[u8] = b"v";
    pub const SECURITY_TYPES: &[u8] = b"w";
    pub const SECURITY_LIST_REQUEST: &[u8] = b"x";
    pub const SECURITY_LIST: &[u8] = b"y";
    pub const DERIVATIVE_SECURITY_LIST_REQUEST: &[u8] = b"z";
}

/// Every field; the tag is the index.
pub(super) static FIELDS: [Field; TAG_MAX as usize + 1] = [
    any(Undefined), // 0
    any(Text), // 1 Account
    any(Text), // 2 AdvId
    any(Text), // 3 AdvRefID
    one_of(Char, chars(b"BSTX")), // 4 AdvSide
    one_of(Text, chars(b"CNR")), // 5 AdvTransType
    any(Float), // 6 AvgPx
    any(SeqNum), // 7 BeginSeqNo
    any(Text), // 8 BeginString
    any(Length), // 9 BodyLength
    any(Text), // 10 CheckSum
    any(Text), // 11 ClOrdID
    any(Float), // 12 Commission
    one_of(Char, chars(b"123456")), // 13 CommType
    any(Float), // 14 CumQty
    any(Text), // 15 Currency
    any(SeqNum), // 16 EndSeqNo
    any(Text), // 17 ExecID
    one_of(Multi, chars(b"0123456789ABCDEFGHIJKLMNOPQRSUVWXYZabcde")), // 18 ExecInst
    any(Text), // 19 ExecRefID
    any(Undefined), // 20
    one_of(Char, chars(b"123")), // 21 HandlInst
    one_of(Text, chars(b"123456789ABCDEFGHIJ")), // 22 SecurityIDSource
    any(Text), // 23 IOIID
    any(Undefined), // 24
    one_of(Char, chars(b"HLM")), // 25 IOIQltyInd
    any(Text), // 26 IOIRefID
    any(Text), // 27 IOIQty
    one_of(Char, chars(b"CNR")), // 28 IOITransType
    one_of(Char, chars(b"1234")), // 29 LastCapacity
    any(Text), // 30 LastMkt
    any(Float), // 31 LastPx
    any(Float), // 32 LastQty
    any(NumInGroup), // 33 NoLinesOfText
    any(SeqNum), // 34 MsgSeqNum
    any(Text), // 35 MsgType
    any(SeqNum), // 36 NewSeqNo
    any(Text), // 37 OrderID
    any(Float), // 38 OrderQty
    one_of(Char, chars(b"012346789ABCDE")), // 39 OrdStatus
    one_of(Char, chars(b"12346789DEGIJKLMP")), // 40 OrdType
    any(Text), // 41 OrigClOrdID
    any(UtcTimestamp), // 42 OrigTime
    any(Bool), // 43 PossDupFlag
    any(Float), // 44 Price
    any(SeqNum), // 45 RefSeqNum
    any(Undefined), // 46
    any(Undefined), // 47
    any(Text), // 48 SecurityID
    any(Text), // 49 SenderCompID
    any(Text), // 50 SenderSubID
    any(Undefined), // 51
    any(UtcTimestamp), // 52 SendingTime
    any(Float), // 53 Quantity
    one_of(Char, chars(b"123456789ABCDEFG")), // 54 Side
    any(Text), // 55 Symbol
    any(Text), // 56 TargetCompID
    any(Text), // 57 TargetSubID
    any(Text), // 58 Text
    one_of(Char, chars(b"01234567")), // 59 TimeInForce
    any(UtcTimestamp), // 60 TransactTime
    one_of(Char, chars(b"012")), // 61 Urgency
    any(UtcTimestamp), // 62 ValidUntilTime
    one_of(Char, chars(b"0123456789")), // 63 SettlType
    any(Date), // 64 SettlDate
    any(Text), // 65 SymbolSfx
    any(Text), // 66 ListID
    any(Int), // 67 ListSeqNo
    any(Int), // 68 TotNoOrders
    any(Text), // 69 ListExecInst
    any(Text), // 70 AllocID
    one_of(Char, chars(b"012")), // 71 AllocTransType
    any(Text), // 72 RefAllocID
    any(NumInGroup), // 73 NoOrders
    any(Int), // 74 AvgPxPrecision
    any(Date), // 75 TradeDate
    any(Undefined), // 76
    one_of(Char, chars(b"CFOR")), // 77 PositionEffect
    any(NumInGroup), // 78 NoAllocs
    any(Text), // 79 AllocAccount
    any(Float), // 80 AllocQty
    one_of(Char, chars(b"0123456")), // 81 ProcessCode
    any(Int), // 82 NoRpts
    any(Int), // 83 RptSeq
    any(Float), // 84 CxlQty
    any(NumInGroup), // 85 NoDlvyInst
    any(Undefined), // 86
    one_of(Int, chars(b"012345")), // 87 AllocStatus
    // 88 AllocRejCode
    one_of(Int, Words(&[
        "0", "1", "10", "11", "12", "13", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    pair(Data, 93), // 89 Signature
    pair(Length, 91), // 90 SecureDataLen
    pair(Data, 90), // 91 SecureData
    any(Undefined), // 92
    pair(Length, 89), // 93 SignatureLength
    one_of(Char, chars(b"012")), // 94 EmailType
    pair(Length, 96), // 95 RawDataLength
    pair(Data, 95), // 96 RawData
    any(Bool), // 97 PossResend
    one_of(Int, chars(b"0123456")), // 98 EncryptMethod
    any(Float), // 99 StopPx
    any(Text), // 100 ExDestination
    any(Undefined), // 101
    one_of(Int, Words(&["0", "1", "2", "3", "4", "5", "6", "99"])), // 102 CxlRejReason
    // 103 OrdRejReason
    one_of(Int, Words(&[
        "0", "1", "10", "11", "13", "14", "15", "2", "3", "4", "5", "6", "7", "8", "9", "99",
    ])),
    one_of(Char, chars(b"ABCDILMOPQRSTVWXYZ")), // 104 IOIQualifier
    any(Undefined), // 105
    any(Text), // 106 Issuer
    any(Text), // 107 SecurityDesc
    any(Int), // 108 HeartBtInt
    any(Undefined), // 109
    any(Float), // 110 MinQty
    any(Float), // 111 MaxFloor
    any(Text), // 112 TestReqID
    any(Bool), // 113 ReportToExch
    any(Bool), // 114 LocateReqd
    any(Text), // 115 OnBehalfOfCompID
    any(Text), // 116 OnBehalfOfSubID
    any(Text), // 117 QuoteID
    any(Float), // 118 NetMoney
    any(Float), // 119 SettlCurrAmt
    any(Text), // 120 SettlCurrency
    any(Bool), // 121 ForexReq
    any(UtcTimestamp), // 122 OrigSendingTime
    any(Bool), // 123 GapFillFlag
    any(NumInGroup), // 124 NoExecs
    any(Undefined), // 125
    any(UtcTimestamp), // 126 ExpireTime
    one_of(Char, chars(b"ABCDEFZ")), // 127 DKReason
    any(Text), // 128 DeliverToCompID
    any(Text), // 129 DeliverToSubID
    any(Bool), // 130 IOINaturalFlag
    any(Text), // 131 QuoteReqID
    any(Float), // 132 BidPx
    any(Float), // 133 OfferPx
    any(Float), // 134 BidSize
    any(Float), // 135 OfferSize
    any(NumInGroup), // 136 NoMiscFees
    any(Float), // 137 MiscFeeAmt
    any(Text), // 138 MiscFeeCurr
    // 139 MiscFeeType
    one_of(Text, Words(&[
        "1", "10", "11", "12", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(Float), // 140 PrevClosePx
    any(Bool), // 141 ResetSeqNumFlag
    any(Text), // 142 SenderLocationID
    any(Text), // 143 TargetLocationID
    any(Text), // 144 OnBehalfOfLocationID
    any(Text), // 145 DeliverToLocationID
    any(NumInGroup), // 146 NoRelatedSym
    any(Text), // 147 Subject
    any(Text), // 148 Headline
    any(Text), // 149 URLLink
    one_of(Char, chars(b"03456789ABCDEFGHI")), // 150 ExecType
    any(Float), // 151 LeavesQty
    any(Float), // 152 CashOrderQty
    any(Float), // 153 AllocAvgPx
    any(Float), // 154 AllocNetMoney
    any(Float), // 155 SettlCurrFxRate
    one_of(Char, chars(b"DM")), // 156 SettlCurrFxRateCalc
    any(Int), // 157 NumDaysInterest
    any(Float), // 158 AccruedInterestRate
    any(Float), // 159 AccruedInterestAmt
    one_of(Char, chars(b"145")), // 160 SettlInstMode
    any(Text), // 161 AllocText
    any(Text), // 162 SettlInstID
    one_of(Char, chars(b"CNRT")), // 163 SettlInstTransType
    any(Text), // 164 EmailThreadID
    one_of(Char, chars(b"123")), // 165 SettlInstSource
    any(Undefined), // 166
    // 167 SecurityType
    one_of(Text, Words(&[
        "ABS", "AMENDED", "AN", "BA", "BN", "BOX", "BRADY", "BRIDGE", "BUYSELL", "CB", "CD", "CL",
        "CMBS", "CMO", "COFO", "COFP", "CORP", "CP", "CPP", "CS", "DEFLTED", "DINP", "DN", "DUAL",
        "EUCD", "EUCORP", "EUCP", "EUSOV", "EUSUPRA", "FAC", "FADN", "FOR", "FORWARD", "FUT", "GO",
        "IET", "LOFC", "LQN", "MATURED", "MBS", "MF", "MIO", "MLEG", "MPO", "MPP", "MPT", "MT",
        "MTN", "NONE", "ONITE", "OPT", "PEF", "PFAND", "PN", "PS", "PZFJ", "RAN", "REPLACD", "REPO",
        "RETIRED", "REV", "RVLV", "RVLVTRM", "SECLOAN", "SECPLEDGE", "SPCLA", "SPCLO", "SPCLT",
        "STN", "STRUCT", "SUPRA", "SWING", "TAN", "TAXA", "TBA", "TBILL", "TBOND", "TCAL", "TD",
        "TECP", "TERM", "TINT", "TIPS", "TNOTE", "TPRN", "TRAN", "UST", "USTB", "VRDN", "WAR",
        "WITHDRN", "XCN", "XLINKD", "YANK", "YCD",
    ])),
    any(UtcTimestamp), // 168 EffectiveTime
    one_of(Int, chars(b"01234")), // 169 StandInstDbType
    any(Text), // 170 StandInstDbName
    any(Text), // 171 StandInstDbID
    one_of(Int, chars(b"0123")), // 172 SettlDeliveryType
    any(Undefined), // 173
    any(Undefined), // 174
    any(Undefined), // 175
    any(Undefined), // 176
    any(Undefined), // 177
    any(Undefined), // 178
    any(Undefined), // 179
    any(Undefined), // 180
    any(Undefined), // 181
    any(Undefined), // 182
    any(Undefined), // 183
    any(Undefined), // 184
    any(Undefined), // 185
    any(Undefined), // 186
    any(Undefined), // 187
    any(Float), // 188 BidSpotRate
    any(Float), // 189 BidForwardPoints
    any(Float), // 190 OfferSpotRate
    any(Float), // 191 OfferForwardPoints
    any(Float), // 192 OrderQty2
    any(Date), // 193 SettlDate2
    any(Float), // 194 LastSpotRate
    any(Float), // 195 LastForwardPoints
    any(Text), // 196 AllocLinkID
    one_of(Int, chars(b"01")), // 197 AllocLinkType
    any(Text), // 198 SecondaryOrderID
    any(NumInGroup), // 199 NoIOIQualifiers
    any(MonthYear), // 200 MaturityMonthYear
    one_of(Int, chars(b"01")), // 201 PutOrCall
    any(Float), // 202 StrikePrice
    one_of(Int, chars(b"01")), // 203 CoveredOrUncovered
    any(Undefined), // 204
    any(Undefined), // 205
    any(Char), // 206 OptAttribute
    any(Text), // 207 SecurityExchange
    any(Bool), // 208 NotifyBrokerOfCredit
    one_of(Int, chars(b"123")), // 209 AllocHandlInst
    any(Float), // 210 MaxShow
    any(Float), // 211 PegOffsetValue
    pair(Length, 213), // 212 XmlDataLen
    pair(Data, 212), // 213 XmlData
    any(Text), // 214 SettlInstRefID
    any(NumInGroup), // 215 NoRoutingIDs
    one_of(Int, chars(b"1234")), // 216 RoutingType
    any(Text), // 217 RoutingID
    any(Float), // 218 Spread
    any(Undefined), // 219
    any(Text), // 220 BenchmarkCurveCurrency
    any(Text), // 221 BenchmarkCurveName
    any(Text), // 222 BenchmarkCurvePoint
    any(Float), // 223 CouponRate
    any(Date), // 224 CouponPaymentDate
    any(Date), // 225 IssueDate
    any(Int), // 226 RepurchaseTerm
    any(Float), // 227 RepurchaseRate
    any(Float), // 228 Factor
    any(Date), // 229 TradeOriginationDate
    any(Date), // 230 ExDate
    any(Float), // 231 ContractMultiplier
    any(NumInGroup), // 232 NoStipulations
    // 233 StipulationType
    one_of(Text, Words(&[
        "AMT", "AUTOREINV", "BANKQUAL", "BGNCON", "COUPON", "CURRENCY", "CUSTOMDATE", "GEOG",
        "HAIRCUT", "INSURED", "ISSUE", "ISSUER", "ISSUESIZE", "LOOKBACK", "LOT", "LOTVAR", "MAT",
        "MATURITY", "MAXSUBS", "MINDNOM", "MININCR", "MINQTY", "PAYFREQ", "PIECES", "PMAX", "PPL",
        "PPM", "PPT", "PRICE", "PRICEFREQ", "PROD", "PROTECT", "PURPOSE", "PXSOURCE", "RATING",
        "REDEMPTION", "RESTRICTED", "SECTOR", "SECTYPE", "STRUCT", "SUBSFREQ", "SUBSLEFT", "TEXT",
        "TRDVAR", "WAC", "WAL", "WALA", "WAM", "WHOLE", "YIELD",
    ])),
    any(Text), // 234 StipulationValue
    // 235 YieldType
    one_of(Text, Words(&[
        "AFTERTAX", "ANNUAL", "ATISSUE", "AVGMATURITY", "BOOK", "CALL", "CHANGE", "CLOSE",
        "COMPOUND", "CURRENT", "GOVTEQUIV", "GROSS", "INFLATION", "INVERSEFLOATER", "LASTCLOSE",
        "LASTMONTH", "LASTQUARTER", "LASTYEAR", "LONGAVGLIFE", "MARK", "MATURITY", "NEXTREFUND",
        "OPENAVG", "PREVCLOSE", "PROCEEDS", "PUT", "SEMIANNUAL", "SHORTAVGLIFE", "SIMPLE",
        "TAXEQUIV", "TENDER", "TRUE", "VALUE1/32", "WORST",
    ])),
    any(Float), // 236 Yield
    any(Float), // 237 TotalTakedown
    any(Float), // 238 Concession
    any(Text), // 239 RepoCollateralSecurityType
    any(Date), // 240 RedemptionDate
    any(Date), // 241 UnderlyingCouponPaymentDate
    any(Date), // 242 UnderlyingIssueDate
    any(Text), // 243 UnderlyingRepoCollateralSecurityType
    any(Int), // 244 UnderlyingRepurchaseTerm
    any(Float), // 245 UnderlyingRepurchaseRate
    any(Float), // 246 UnderlyingFactor
    any(Date), // 247 UnderlyingRedemptionDate
    any(Date), // 248 LegCouponPaymentDate
    any(Date), // 249 LegIssueDate
    any(Text), // 250 LegRepoCollateralSecurityType
    any(Int), // 251 LegRepurchaseTerm
    any(Float), // 252 LegRepurchaseRate
    any(Float), // 253 LegFactor
    any(Date), // 254 LegRedemptionDate
    any(Text), // 255 CreditRating
    any(Text), // 256 UnderlyingCreditRating
    any(Text), // 257 LegCreditRating
    any(Bool), // 258 TradedFlatSwitch
    any(Date), // 259 BasisFeatureDate
    any(Float), // 260 BasisFeaturePrice
    any(Undefined), // 261
    any(Text), // 262 MDReqID
    one_of(Char, chars(b"012")), // 263 SubscriptionRequestType
    any(Int), // 264 MarketDepth
    one_of(Int, chars(b"01")), // 265 MDUpdateType
    any(Bool), // 266 AggregatedBook
    any(NumInGroup), // 267 NoMDEntryTypes
    any(NumInGroup), // 268 NoMDEntries
    one_of(Char, chars(b"0123456789ABC")), // 269 MDEntryType
    any(Float), // 270 MDEntryPx
    any(Float), // 271 MDEntrySize
    any(Date), // 272 MDEntryDate
    any(UtcTimeOnly), // 273 MDEntryTime
    one_of(Char, chars(b"0123")), // 274 TickDirection
    any(Text), // 275 MDMkt
    one_of(Multi, chars(b"ABCDEFGHI")), // 276 QuoteCondition
    one_of(Multi, chars(b"ABCDEFGHIJKLMNPQR")), // 277 TradeCondition
    any(Text), // 278 MDEntryID
    one_of(Char, chars(b"012")), // 279 MDUpdateAction
    any(Text), // 280 MDEntryRefID
    one_of(Char, chars(b"0123456789ABC")), // 281 MDReqRejReason
    any(Text), // 282 MDEntryOriginator
    any(Text), // 283 LocationID
    any(Text), // 284 DeskID
    one_of(Char, chars(b"01")), // 285 DeleteReason
    one_of(Multi, chars(b"012345")), // 286 OpenCloseSettlFlag
    any(Int), // 287 SellerDays
    any(Text), // 288 MDEntryBuyer
    any(Text), // 289 MDEntrySeller
    any(Int), // 290 MDEntryPositionNo
    one_of(Multi, chars(b"12")), // 291 FinancialStatus
    one_of(Multi, chars(b"ABCDE")), // 292 CorporateAction
    any(Float), // 293 DefBidSize
    any(Float), // 294 DefOfferSize
    any(NumInGroup), // 295 NoQuoteEntries
    any(NumInGroup), // 296 NoQuoteSets
    // 297 QuoteStatus
    one_of(Int, Words(&[
        "0", "1", "10", "11", "12", "13", "14", "15", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    one_of(Int, chars(b"1234")), // 298 QuoteCancelType
    any(Text), // 299 QuoteEntryID
    // 300 QuoteRejectReason
    one_of(Int, Words(&[
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "99",
    ])),
    one_of(Int, chars(b"012")), // 301 QuoteResponseLevel
    any(Text), // 302 QuoteSetID
    one_of(Int, chars(b"12")), // 303 QuoteRequestType
    any(Int), // 304 TotNoQuoteEntries
    any(Text), // 305 UnderlyingSecurityIDSource
    any(Text), // 306 UnderlyingIssuer
    any(Text), // 307 UnderlyingSecurityDesc
    any(Text), // 308 UnderlyingSecurityExchange
    any(Text), // 309 UnderlyingSecurityID
    any(Text), // 310 UnderlyingSecurityType
    any(Text), // 311 UnderlyingSymbol
    any(Text), // 312 UnderlyingSymbolSfx
    any(MonthYear), // 313 UnderlyingMaturityMonthYear
    any(Undefined), // 314
    any(Int), // 315 UnderlyingPutOrCall
    any(Float), // 316 UnderlyingStrikePrice
    any(Char), // 317 UnderlyingOptAttribute
    any(Text), // 318 UnderlyingCurrency
    any(Undefined), // 319
    any(Text), // 320 SecurityReqID
    one_of(Int, chars(b"0123")), // 321 SecurityRequestType
    any(Text), // 322 SecurityResponseID
    one_of(Int, chars(b"1256")), // 323 SecurityResponseType
    any(Text), // 324 SecurityStatusReqID
    any(Bool), // 325 UnsolicitedIndicator
    // 326 SecurityTradingStatus
    one_of(Int, Words(&[
        "1", "10", "12", "13", "14", "15", "16", "17", "18", "19", "2", "20", "21", "22", "23", "3",
        "4", "5", "6", "7", "8", "9",
    ])),
    one_of(Char, chars(b"DEIMPX")), // 327 HaltReasonChar
    any(Bool), // 328 InViewOfCommon
    any(Bool), // 329 DueToRelated
    any(Float), // 330 BuyVolume
    any(Float), // 331 SellVolume
    any(Float), // 332 HighPx
    any(Float), // 333 LowPx
    one_of(Int, chars(b"123")), // 334 Adjustment
    any(Text), // 335 TradSesReqID
    any(Text), // 336 TradingSessionID
    any(Text), // 337 ContraTrader
    one_of(Int, chars(b"123")), // 338 TradSesMethod
    one_of(Int, chars(b"123")), // 339 TradSesMode
    one_of(Int, chars(b"0123456")), // 340 TradSesStatus
    any(UtcTimestamp), // 341 TradSesStartTime
    any(UtcTimestamp), // 342 TradSesOpenTime
    any(UtcTimestamp), // 343 TradSesPreCloseTime
    any(UtcTimestamp), // 344 TradSesCloseTime
    any(UtcTimestamp), // 345 TradSesEndTime
    any(Int), // 346 NumberOfOrders
    one_of(Text, Words(&["EUC-JP", "ISO-2022-JP", "Shift_JIS", "UTF-8"])), // 347 MessageEncoding
    pair(Length, 349), // 348 EncodedIssuerLen
    pair(Data, 348), // 349 EncodedIssuer
    pair(Length, 351), // 350 EncodedSecurityDescLen
    pair(Data, 350), // 351 EncodedSecurityDesc
    pair(Length, 353), // 352 EncodedListExecInstLen
    pair(Data, 352), // 353 EncodedListExecInst
    pair(Length, 355), // 354 EncodedTextLen
    pair(Data, 354), // 355 EncodedText
    pair(Length, 357), // 356 EncodedSubjectLen
    pair(Data, 356), // 357 EncodedSubject
    pair(Length, 359), // 358 EncodedHeadlineLen
    pair(Data, 358), // 359 EncodedHeadline
    pair(Length, 361), // 360 EncodedAllocTextLen
    pair(Data, 360), // 361 EncodedAllocText
    pair(Length, 363), // 362 EncodedUnderlyingIssuerLen
    pair(Data, 362), // 363 EncodedUnderlyingIssuer
    pair(Length, 365), // 364 EncodedUnderlyingSecurityDescLen
    pair(Data, 364), // 365 EncodedUnderlyingSecurityDesc
    any(Float), // 366 AllocPrice
    any(UtcTimestamp), // 367 QuoteSetValidUntilTime
    any(Int), // 368 QuoteEntryRejectReason
    any(SeqNum), // 369 LastMsgSeqNumProcessed
    any(Undefined), // 370
    any(Int), // 371 RefTagID
    any(Text), // 372 RefMsgType
    // 373 SessionRejectReason
    one_of(Int, Words(&[
        "0", "1", "10", "11", "12", "13", "14", "15", "16", "17", "2", "3", "4", "5", "6", "7", "8",
        "9", "99",
    ])),
    one_of(Char, chars(b"CN")), // 374 BidRequestTransType
    any(Text), // 375 ContraBroker
    any(Text), // 376 ComplianceID
    any(Bool), // 377 SolicitedFlag
    // 378 ExecRestatementReason
    one_of(Int, Words(&[
        "0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9", "99",
    ])),
    any(Text), // 379 BusinessRejectRefID
    one_of(Int, chars(b"01234567")), // 380 BusinessRejectReason
    any(Float), // 381 GrossTradeAmt
    any(NumInGroup), // 382 NoContraBrokers
    any(Length), // 383 MaxMessageSize
    any(NumInGroup), // 384 NoMsgTypes
    one_of(Char, chars(b"RS")), // 385 MsgDirection
    any(NumInGroup), // 386 NoTradingSessions
    any(Float), // 387 TotalVolumeTraded
    one_of(Char, chars(b"0123456")), // 388 DiscretionInst
    any(Float), // 389 DiscretionOffsetValue
    any(Text), // 390 BidID
    any(Text), // 391 ClientBidID
    any(Text), // 392 ListName
    any(Int), // 393 TotNoRelatedSym
    one_of(Int, chars(b"123")), // 394 BidType
    any(Int), // 395 NumTickets
    any(Float), // 396 SideValue1
    any(Float), // 397 SideValue2
    any(NumInGroup), // 398 NoBidDescriptors
    one_of(Int, chars(b"123")), // 399 BidDescriptorType
    any(Text), // 400 BidDescriptor
    one_of(Int, chars(b"12")), // 401 SideValueInd
    any(Float), // 402 LiquidityPctLow
    any(Float), // 403 LiquidityPctHigh
    any(Float), // 404 LiquidityValue
    any(Float), // 405 EFPTrackingError
    any(Float), // 406 FairValue
    any(Float), // 407 OutsideIndexPct
    any(Float), // 408 ValueOfFutures
    one_of(Int, chars(b"1234")), // 409 LiquidityIndType
    any(Float), // 410 WtAverageLiquidity
    any(Bool), // 411 ExchangeForPhysical
    any(Float), // 412 OutMainCntryUIndex
    any(Float), // 413 CrossPercent
    one_of(Int, chars(b"123")), // 414 ProgRptReqs
    any(Int), // 415 ProgPeriodInterval
    one_of(Int, chars(b"12")), // 416 IncTaxInd
    any(Int), // 417 NumBidders
    one_of(Char, chars(b"AGJR")), // 418 BidTradeType
    one_of(Char, chars(b"23456789ABCDZ")), // 419 BasisPxType
    any(NumInGroup), // 420 NoBidComponents
    any(Text), // 421 Country
    any(Int), // 422 TotNoStrikes
    one_of(Int, Words(&["1", "10", "11", "2", "3", "4", "5", "6", "7", "8", "9"])), // 423 PriceType
    any(Float), // 424 DayOrderQty
    any(Float), // 425 DayCumQty
    any(Float), // 426 DayAvgPx
    one_of(Int, chars(b"012")), // 427 GTBookingInst
    any(NumInGroup), // 428 NoStrikes
    one_of(Int, chars(b"123456")), // 429 ListStatusType
    one_of(Int, chars(b"12")), // 430 NetGrossInd
    one_of(Int, chars(b"1234567")), // 431 ListOrderStatus
    any(Date), // 432 ExpireDate
    one_of(Char, chars(b"12345")), // 433 ListExecInstType
    one_of(Char, chars(b"12")), // 434 CxlRejResponseTo
    any(Float), // 435 UnderlyingCouponRate
    any(Float), // 436 UnderlyingContractMultiplier
    any(Float), // 437 ContraTradeQty
    any(UtcTimestamp), // 438 ContraTradeTime
    any(Undefined), // 439
    any(Undefined), // 440
    any(Int), // 441 LiquidityNumSecurities
    one_of(Char, chars(b"123")), // 442 MultiLegReportingType
    any(UtcTimestamp), // 443 StrikeTime
    any(Text), // 444 ListStatusText
    pair(Length, 446), // 445 EncodedListStatusTextLen
    pair(Data, 445), // 446 EncodedListStatusText
    one_of(Char, chars(b"123456789ABCDEFGHI")), // 447 PartyIDSource
    any(Text), // 448 PartyID
    any(Undefined), // 449
    any(Undefined), // 450
    any(Float), // 451 NetChgPrevDay
    // 452 PartyRole
    one_of(Int, Words(&[
        "1", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "2", "20", "21", "22",
        "24", "25", "26", "27", "28", "29", "3", "30", "31", "32", "33", "34", "35", "36", "37",
        "38", "4", "5", "6", "7", "8", "9",
    ])),
    any(NumInGroup), // 453 NoPartyIDs
    any(NumInGroup), // 454 NoSecurityAltID
    any(Text), // 455 SecurityAltID
    any(Text), // 456 SecurityAltIDSource
    any(NumInGroup), // 457 NoUnderlyingSecurityAltID
    any(Text), // 458 UnderlyingSecurityAltID
    any(Text), // 459 UnderlyingSecurityAltIDSource
    // 460 Product
    one_of(Int, Words(&[
        "1", "10", "11", "12", "13", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(Text), // 461 CFICode
    any(Int), // 462 UnderlyingProduct
    any(Text), // 463 UnderlyingCFICode
    any(Bool), // 464 TestMessageIndicator
    any(Undefined), // 465
    any(Text), // 466 BookingRefID
    any(Text), // 467 IndividualAllocID
    one_of(Char, chars(b"012")), // 468 RoundingDirection
    any(Float), // 469 RoundingModulus
    any(Text), // 470 CountryOfIssue
    any(Text), // 471 StateOrProvinceOfIssue
    any(Text), // 472 LocaleOfIssue
    any(NumInGroup), // 473 NoRegistDtls
    any(Text), // 474 MailingDtls
    any(Text), // 475 InvestorCountryOfResidence
    any(Text), // 476 PaymentRef
    // 477 DistribPaymentMethod
    one_of(Int, Words(&[
        "1", "10", "11", "12", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(Text), // 478 CashDistribCurr
    any(Text), // 479 CommCurrency
    one_of(Char, chars(b"MNOY")), // 480 CancellationRights
    one_of(Char, chars(b"123NY")), // 481 MoneyLaunderingStatus
    any(Text), // 482 MailingInst
    any(UtcTimestamp), // 483 TransBkdTime
    one_of(Char, chars(b"BCDEOPQS")), // 484 ExecPriceType
    any(Float), // 485 ExecPriceAdjustment
    any(Date), // 486 DateOfBirth
    any(Int), // 487 TradeReportTransType
    any(Text), // 488 CardHolderName
    any(Text), // 489 CardNumber
    any(Date), // 490 CardExpDate
    any(Text), // 491 CardIssNum
    // 492 PaymentMethod
    one_of(Int, Words(&[
        "1", "10", "11", "12", "13", "14", "15", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(Text), // 493 RegistAcctType
    any(Text), // 494 Designation
    // 495 TaxAdvantageType
    one_of(Int, Words(&[
        "0", "1", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "2", "20", "21", "22",
        "23", "24", "25", "26", "27", "28", "29", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(Text), // 496 RegistRejReasonText
    one_of(Char, chars(b"NY")), // 497 FundRenewWaiv
    any(Text), // 498 CashDistribAgentName
    any(Text), // 499 CashDistribAgentCode
    any(Text), // 500 CashDistribAgentAcctNumber
    any(Text), // 501 CashDistribPayRef
    any(Text), // 502 CashDistribAgentAcctName
    any(Date), // 503 CardStartDate
    any(Date), // 504 PaymentDate
    any(Text), // 505 PaymentRemitterID
    one_of(Char, chars(b"AHNR")), // 506 RegistStatus
    // 507 RegistRejReasonCode
    one_of(Int, Words(&[
        "1", "10", "11", "12", "13", "14", "15", "16", "17", "18", "2", "3", "4", "5", "6", "7",
        "8", "9", "99",
    ])),
    any(Text), // 508 RegistRefID
    any(Text), // 509 RegistDtls
    any(NumInGroup), // 510 NoDistribInsts
    any(Text), // 511 RegistEmail
    any(Float), // 512 DistribPercentage
    any(Text), // 513 RegistID
    one_of(Char, chars(b"012")), // 514 RegistTransType
    any(UtcTimestamp), // 515 ExecValuationPoint
    any(Float), // 516 OrderPercent
    one_of(Char, chars(b"2JT")), // 517 OwnershipType
    any(NumInGroup), // 518 NoContAmts
    // 519 ContAmtType
    one_of(Int, Words(&[
        "1", "10", "11", "12", "13", "14", "15", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(Float), // 520 ContAmtValue
    any(Text), // 521 ContAmtCurr
    // 522 OwnerType
    one_of(Int, Words(&[
        "1", "10", "11", "12", "13", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(Text), // 523 PartySubID
    any(Text), // 524 NestedPartyID
    any(Char), // 525 NestedPartyIDSource
    any(Text), // 526 SecondaryClOrdID
    any(Text), // 527 SecondaryExecID
    one_of(Char, chars(b"AGIPRW")), // 528 OrderCapacity
    one_of(Multi, chars(b"123456789A")), // 529 OrderRestrictions
    one_of(Char, chars(b"1234567")), // 530 MassCancelRequestType
    one_of(Char, chars(b"01234567")), // 531 MassCancelResponse
    one_of(Text, Words(&["0", "1", "2", "3", "4", "5", "6", "99"])), // 532 MassCancelRejectReason
    any(Int), // 533 TotalAffectedOrders
    any(NumInGroup), // 534 NoAffectedOrders
    any(Text), // 535 AffectedOrderID
    any(Text), // 536 AffectedSecondaryOrderID
    one_of(Int, chars(b"0123")), // 537 QuoteType
    any(Int), // 538 NestedPartyRole
    any(NumInGroup), // 539 NoNestedPartyIDs
    any(Float), // 540 TotalAccruedInterestAmt
    any(Date), // 541 MaturityDate
    any(Date), // 542 UnderlyingMaturityDate
    any(Text), // 543 InstrRegistry
    one_of(Char, chars(b"123")), // 544 CashMargin
    any(Text), // 545 NestedPartySubID
    one_of(Multi, chars(b"123")), // 546 Scope
    any(Bool), // 547 MDImplicitDelete
    any(Text), // 548 CrossID
    one_of(Int, chars(b"1234")), // 549 CrossType
    one_of(Int, chars(b"012")), // 550 CrossPrioritization
    any(Text), // 551 OrigCrossID
    one_of(NumInGroup, chars(b"12")), // 552 NoSides
    any(Text), // 553 Username
    any(Text), // 554 Password
    any(NumInGroup), // 555 NoLegs
    any(Text), // 556 LegCurrency
    any(Int), // 557 TotNoSecurityTypes
    any(NumInGroup), // 558 NoSecurityTypes
    one_of(Int, chars(b"01234")), // 559 SecurityListRequestType
    one_of(Int, chars(b"012345")), // 560 SecurityRequestResult
    any(Float), // 561 RoundLot
    any(Float), // 562 MinTradeVol
    one_of(Int, chars(b"012")), // 563 MultiLegRptTypeReq
    any(Char), // 564 LegPositionEffect
    any(Int), // 565 LegCoveredOrUncovered
    any(Float), // 566 LegPrice
    one_of(Int, Words(&["1", "99"])), // 567 TradSesStatusRejReason
    any(Text), // 568 TradeRequestID
    one_of(Int, chars(b"01234")), // 569 TradeRequestType
    any(Bool), // 570 PreviouslyReported
    any(Text), // 571 TradeReportID
    any(Text), // 572 TradeReportRefID
    one_of(Char, chars(b"012")), // 573 MatchStatus
    // 574 MatchType
    one_of(Text, Words(&[
        "A1", "A2", "A3", "A4", "A5", "AQ", "M1", "M2", "M3", "M4", "M5", "M6", "MT", "S1", "S2",
        "S3", "S4", "S5",
    ])),
    any(Bool), // 575 OddLot
    any(NumInGroup), // 576 NoClearingInstructions
    // 577 ClearingInstruction
    one_of(Int, Words(&[
        "0", "1", "10", "11", "12", "13", "2", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(Text), // 578 TradeInputSource
    any(Text), // 579 TradeInputDevice
    any(NumInGroup), // 580 NoDates
    one_of(Int, chars(b"1234678")), // 581 AccountType
    one_of(Int, chars(b"1234")), // 582 CustOrderCapacity
    any(Text), // 583 ClOrdLinkID
    any(Text), // 584 MassStatusReqID
    one_of(Int, chars(b"12345678")), // 585 MassStatusReqType
    any(UtcTimestamp), // 586 OrigOrdModTime
    any(Char), // 587 LegSettlType
    any(Date), // 588 LegSettlDate
    one_of(Char, chars(b"012")), // 589 DayBookingInst
    one_of(Char, chars(b"012")), // 590 BookingUnit
    one_of(Char, chars(b"01")), // 591 PreallocMethod
    any(Text), // 592 UnderlyingCountryOfIssue
    any(Text), // 593 UnderlyingStateOrProvinceOfIssue
    any(Text), // 594 UnderlyingLocaleOfIssue
    any(Text), // 595 UnderlyingInstrRegistry
    any(Text), // 596 LegCountryOfIssue
    any(Text), // 597 LegStateOrProvinceOfIssue
    any(Text), // 598 LegLocaleOfIssue
    any(Text), // 599 LegInstrRegistry
    any(Text), // 600 LegSymbol
    any(Text), // 601 LegSymbolSfx
    any(Text), // 602 LegSecurityID
    any(Text), // 603 LegSecurityIDSource
    any(NumInGroup), // 604 NoLegSecurityAltID
    any(Text), // 605 LegSecurityAltID
    any(Text), // 606 LegSecurityAltIDSource
    any(Int), // 607 LegProduct
    any(Text), // 608 LegCFICode
    any(Text), // 609 LegSecurityType
    any(MonthYear), // 610 LegMaturityMonthYear
    any(Date), // 611 LegMaturityDate
    any(Float), // 612 LegStrikePrice
    any(Char), // 613 LegOptAttribute
    any(Float), // 614 LegContractMultiplier
    any(Float), // 615 LegCouponRate
    any(Text), // 616 LegSecurityExchange
    any(Text), // 617 LegIssuer
    pair(Length, 619), // 618 EncodedLegIssuerLen
    pair(Data, 618), // 619 EncodedLegIssuer
    any(Text), // 620 LegSecurityDesc
    pair(Length, 622), // 621 EncodedLegSecurityDescLen
    pair(Data, 621), // 622 EncodedLegSecurityDesc
    any(Float), // 623 LegRatioQty
    any(Char), // 624 LegSide
    any(Text), // 625 TradingSessionSubID
    one_of(Int, chars(b"12578")), // 626 AllocType
    any(NumInGroup), // 627 NoHops
    any(Text), // 628 HopCompID
    any(UtcTimestamp), // 629 HopSendingTime
    any(SeqNum), // 630 HopRefID
    any(Float), // 631 MidPx
    any(Float), // 632 BidYield
    any(Float), // 633 MidYield
    any(Float), // 634 OfferYield
    one_of(Text, chars(b"123459BCEFHILM")), // 635 ClearingFeeIndicator
    any(Bool), // 636 WorkingIndicator
    any(Float), // 637 LegLastPx
    one_of(Int, chars(b"01")), // 638 PriorityIndicator
    any(Float), // 639 PriceImprovement
    any(Float), // 640 Price2
    any(Float), // 641 LastForwardPoints2
    any(Float), // 642 BidForwardPoints2
    any(Float), // 643 OfferForwardPoints2
    any(Text), // 644 RFQReqID
    any(Float), // 645 MktBidPx
    any(Float), // 646 MktOfferPx
    any(Float), // 647 MinBidSize
    any(Float), // 648 MinOfferSize
    any(Text), // 649 QuoteStatusReqID
    any(Bool), // 650 LegalConfirm
    any(Float), // 651 UnderlyingLastPx
    any(Float), // 652 UnderlyingLastQty
    any(Undefined), // 653
    any(Text), // 654 LegRefID
    any(Text), // 655 ContraLegRefID
    any(Float), // 656 SettlCurrBidFxRate
    any(Float), // 657 SettlCurrOfferFxRate
    // 658 QuoteRequestRejectReason
    one_of(Int, Words(&[
        "1", "10", "2", "3", "4", "5", "6", "7", "8", "9", "99",
    ])),
    any(Text), // 659 SideComplianceID
    one_of(Int, Words(&["1", "2", "3", "4", "5", "99"])), // 660 AcctIDSource
    any(Int), // 661 AllocAcctIDSource
    any(Float), // 662 BenchmarkPrice
    any(Int), // 663 BenchmarkPriceType
    any(Text), // 664 ConfirmID
    one_of(Int, chars(b"12345")), // 665 ConfirmStatus
    one_of(Int, chars(b"012")), // 666 ConfirmTransType
    any(MonthYear), // 667 ContractSettlMonth
    one_of(Int, chars(b"12")), // 668 DeliveryForm
    any(Float), // 669 LastParPx
    any(NumInGroup), // 670 NoLegAllocs
    any(Text), // 671 LegAllocAccount
    any(Text), // 672 LegIndividualAllocID
    any(Float), // 673 LegAllocQty
    any(Text), // 674 LegAllocAcctIDSource
    any(Text), // 675 LegSettlCurrency
    any(Text), // 676 LegBenchmarkCurveCurrency
    any(Text), // 677 LegBenchmarkCurveName
    any(Text), // 678 LegBenchmarkCurvePoint
    any(Float), // 679 LegBenchmarkPrice
    any(Int), // 680 LegBenchmarkPriceType
    any(Float), // 681 LegBidPx
    any(Text), // 682 LegIOIQty
    any(NumInGroup), // 683 NoLegStipulations
    any(Float), // 684 LegOfferPx
    any(Undefined), // 685
    any(Int), // 686 LegPriceType
    any(Float), // 687 LegQty
    any(Text), // 688 LegStipulationType
    any(Text), // 689 LegStipulationValue
    one_of(Int, chars(b"1245")), // 690 LegSwapType
    any(Text), // 691 Pool
    one_of(Int, Words(&["1", "10", "2", "3", "4", "5", "6", "7", "8", "9"])), // 692 QuotePriceType
    any(Text), // 693 QuoteRespID
    one_of(Int, chars(b"123456")), // 694 QuoteRespType
    any(Char), // 695 QuoteQualifier
    any(Date), // 696 YieldRedemptionDate
    any(Float), // 697 YieldRedemptionPrice
    any(Int), // 698 YieldRedemptionPriceType
    any(Text), // 699 BenchmarkSecurityID
    any(Bool), // 700 ReversalIndicator
    any(Date), // 701 YieldCalcDate
    any(NumInGroup), // 702 NoPositions
    // 703 PosType
    one_of(Text, Words(&[
        "ALC", "AS", "ASF", "DLV", "ETR", "EX", "FIN", "IAS", "IES", "PA", "PIT", "SOD", "SPL",
        "TA", "TOT", "TQ", "TRF", "TX", "XM",
    ])),
    any(Float), // 704 LongQty
    any(Float), // 705 ShortQty
    one_of(Int, chars(b"012")), // 706 PosQtyStatus
    // 707 PosAmtType
    one_of(Text, Words(&[
        "CASH", "CRES", "FMTM", "IMTM", "PREM", "SMTM", "TVAR", "VADJ",
    ])),
    any(Float), // 708 PosAmt
    one_of(Int, chars(b"12345")), // 709 PosTransType
    any(Text), // 710 PosReqID
    any(NumInGroup), // 711 NoUnderlyings
    one_of(Int, chars(b"123")), // 712 PosMaintAction
    any(Text), // 713 OrigPosReqRefID
    any(Text), // 714 PosMaintRptRefID
    any(Date), // 715 ClearingBusinessDate
    one_of(Text, Words(&["ETH", "ITD", "RTH"])), // 716 SettlSessID
    any(Text), // 717 SettlSessSubID
    one_of(Int, chars(b"0123")), // 718 AdjustmentType
    any(Bool), // 719 ContraryInstructionIndicator
    any(Bool), // 720 PriorSpreadIndicator
    any(Text), // 721 PosMaintRptID
    one_of(Int, chars(b"01234")), // 722 PosMaintStatus
    one_of(Int, Words(&["0", "1", "99"])), // 723 PosMaintResult
    one_of(Int, chars(b"0123")), // 724 PosReqType
    one_of(Int, chars(b"01")), // 725 ResponseTransportType
    any(Text), // 726 ResponseDestination
    any(Int), // 727 TotalNumPosReports
    one_of(Int, Words(&["0", "1", "2", "3", "4", "99"])), // 728 PosReqResult
    one_of(Int, chars(b"012")), // 729 PosReqStatus
    any(Float), // 730 SettlPrice
    one_of(Int, chars(b"12")), // 731 SettlPriceType
    any(Float), // 732 UnderlyingSettlPrice
    any(Int), // 733 UnderlyingSettlPriceType
    any(Float), // 734 PriorSettlPrice
    any(NumInGroup), // 735 NoQuoteQualifiers
    any(Text), // 736 AllocSettlCurrency
    any(Float), // 737 AllocSettlCurrAmt
    any(Float), // 738 InterestAtMaturity
    any(Date), // 739 LegDatedDate
    any(Text), // 740 LegPool
    any(Float), // 741 AllocInterestAtMaturity
    any(Float), // 742 AllocAccruedInterestAmt
    any(Date), // 743 DeliveryDate
    one_of(Char, chars(b"PR")), // 744 AssignmentMethod
    any(Float), // 745 AssignmentUnit
    any(Float), // 746 OpenInterest
    one_of(Char, chars(b"AM")), // 747 ExerciseMethod
    any(Int), // 748 TotNumTradeReports
    one_of(Int, Words(&["0", "1", "2", "3", "4", "5", "8", "9", "99"])), // 749 TradeRequestResult
    one_of(Int, chars(b"012")), // 750 TradeRequestStatus
    one_of(Int, Words(&["0", "1", "2", "3", "4", "99"])), // 751 TradeReportRejectReason
    one_of(Int, chars(b"123")), // 752 SideMultiLegReportingType
    any(NumInGroup), // 753 NoPosAmt
    any(Bool), // 754 AutoAcceptIndicator
    any(Text), // 755 AllocReportID
    any(NumInGroup), // 756 NoNested2PartyIDs
    any(Text), // 757 Nested2PartyID
    any(Char), // 758 Nested2PartyIDSource
    any(Int), // 759 Nested2PartyRole
    any(Text), // 760 Nested2PartySubID
    any(Text), // 761 BenchmarkSecurityIDSource
    any(Text), // 762 SecuritySubType
    any(Text), // 763 UnderlyingSecuritySubType
    any(Text), // 764 LegSecuritySubType
    any(Float), // 765 AllowableOneSidednessPct
    any(Float), // 766 AllowableOneSidednessValue
    any(Text), // 767 AllowableOneSidednessCurr
    any(NumInGroup), // 768 NoTrdRegTimestamps
    any(UtcTimestamp), // 769 TrdRegTimestamp
    one_of(Int, chars(b"12345")), // 770 TrdRegTimestampType
    any(Text), // 771 TrdRegTimestampOrigin
    any(Text), // 772 ConfirmRefID
    one_of(Int, chars(b"123")), // 773 ConfirmType
    one_of(Int, Words(&["1", "2", "99"])), // 774 ConfirmRejReason
    one_of(Int, chars(b"012")), // 775 BookingType
    any(Int), // 776 IndividualAllocRejCode
    any(Text), // 777 SettlInstMsgID
    any(NumInGroup), // 778 NoSettlInst
    any(UtcTimestamp), // 779 LastUpdateTime
    one_of(Int, chars(b"01234")), // 780 AllocSettlInstType
    any(NumInGroup), // 781 NoSettlPartyIDs
    any(Text), // 782 SettlPartyID
    any(Char), // 783 SettlPartyIDSource
    any(Int), // 784 SettlPartyRole
    any(Text), // 785 SettlPartySubID
    any(Int), // 786 SettlPartySubIDType
    one_of(Char, chars(b"CS")), // 787 DlvyInstType
    one_of(Int, chars(b"1234")), // 788 TerminationType
    any(SeqNum), // 789 NextExpectedMsgSeqNum
    any(Text), // 790 OrdStatusReqID
    any(Text), // 791 SettlInstReqID
    one_of(Int, Words(&["0", "1", "2", "99"])), // 792 SettlInstReqRejCode
    any(Text), // 793 SecondaryAllocID
    one_of(Int, chars(b"3458")), // 794 AllocReportType
    any(Text), // 795 AllocReportRefID
    one_of(Int, Words(&["1", "2", "99"])), // 796 AllocCancReplaceReason
    any(Bool), // 797 CopyMsgIndicator
    one_of(Int, chars(b"1234678")), // 798 AllocAccountType
    any(Float), // 799 OrderAvgPx
    any(Float), // 800 OrderBookingQty
    any(NumInGroup), // 801 NoSettlPartySubIDs
    any(NumInGroup), // 802 NoPartySubIDs
    // 803 PartySubIDType
    one_of(Int, Words(&[
        "1", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "2", "20", "21", "22",
        "23", "24", "25", "26", "3", "4", "5", "6", "7", "8", "9",
    ])),
    any(NumInGroup), // 804 NoNestedPartySubIDs
    any(Int), // 805 NestedPartySubIDType
    any(NumInGroup), // 806 NoNested2PartySubIDs
    any(Int), // 807 Nested2PartySubIDType
    one_of(Int, chars(b"123456")), // 808 AllocIntermedReqType
    any(Undefined), // 809
    any(Float), // 810 UnderlyingPx
    any(Float), // 811 PriceDelta
    any(Int), // 812 ApplQueueMax
    any(Int), // 813 ApplQueueDepth
    one_of(Int, chars(b"0123")), // 814 ApplQueueResolution
    one_of(Int, chars(b"0123")), // 815 ApplQueueAction
    any(NumInGroup), // 816 NoAltMDSource
    any(Text), // 817 AltMDSourceID
    any(Text), // 818 SecondaryTradeReportID
    one_of(Int, chars(b"012")), // 819 AvgPxIndicator
    any(Text), // 820 TradeLinkID
    any(Text), // 821 OrderInputDevice
    any(Text), // 822 UnderlyingTradingSessionID
    any(Text), // 823 UnderlyingTradingSessionSubID
    any(Text), // 824 TradeLegRefID
    any(Text), // 825 ExchangeRule
    one_of(Int, chars(b"012")), // 826 TradeAllocIndicator
    one_of(Int, chars(b"01")), // 827 ExpirationCycle
    one_of(Int, Words(&["0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9"])), // 828 TrdType
    any(Int), // 829 TrdSubType
    any(Text), // 830 TransferReason
    any(Undefined), // 831
    any(Int), // 832 TotNumAssignmentReports
    any(Text), // 833 AsgnRptID
    any(Float), // 834 ThresholdAmount
    one_of(Int, chars(b"01")), // 835 PegMoveType
    one_of(Int, chars(b"0123")), // 836 PegOffsetType
    one_of(Int, chars(b"012")), // 837 PegLimitType
    one_of(Int, chars(b"12")), // 838 PegRoundDirection
    any(Float), // 839 PeggedPrice
    one_of(Int, chars(b"1234")), // 840 PegScope
    one_of(Int, chars(b"01")), // 841 DiscretionMoveType
    one_of(Int, chars(b"0123")), // 842 DiscretionOffsetType
    one_of(Int, chars(b"012")), // 843 DiscretionLimitType
    one_of(Int, chars(b"12")), // 844 DiscretionRoundDirection
    any(Float), // 845 DiscretionPrice
    one_of(Int, chars(b"1234")), // 846 DiscretionScope
    one_of(Int, chars(b"123")), // 847 TargetStrategy
    any(Text), // 848 TargetStrategyParameters
    any(Float), // 849 ParticipationRate
    any(Float), // 850 TargetStrategyPerformance
    one_of(Int, chars(b"123")), // 851 LastLiquidityInd
    any(Bool), // 852 PublishTrdIndicator
    one_of(Int, chars(b"012345")), // 853 ShortSaleReason
    one_of(Int, chars(b"01")), // 854 QtyType
    any(Int), // 855 SecondaryTrdType
    one_of(Int, chars(b"01234567")), // 856 TradeReportType
    one_of(Int, chars(b"01")), // 857 AllocNoOrdersType
    any(Float), // 858 SharedCommission
    any(Text), // 859 ConfirmReqID
    any(Float), // 860 AvgParPx
    any(Float), // 861 ReportedPx
    any(NumInGroup), // 862 NoCapacities
    any(Float), // 863 OrderCapacityQty
    any(NumInGroup), // 864 NoEvents
    one_of(Int, Words(&["1", "2", "3", "4", "99"])), // 865 EventType
    any(Date), // 866 EventDate
    any(Float), // 867 EventPx
    any(Text), // 868 EventText
    any(Float), // 869 PctAtRisk
    any(NumInGroup), // 870 NoInstrAttrib
    // 871 InstrAttribType
    one_of(Int, Words(&[
        "1", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "2", "20", "21", "22", "3",
        "4", "5", "6", "7", "8", "9", "99",
    ])),
    any(Text), // 872 InstrAttribValue
    any(Date), // 873 DatedDate
    any(Date), // 874 InterestAccrualDate
    one_of(Int, Words(&["1", "2", "99"])), // 875 CPProgram
    any(Text), // 876 CPRegType
    any(Text), // 877 UnderlyingCPProgram
    any(Text), // 878 UnderlyingCPRegType
    any(Float), // 879 UnderlyingQty
    any(Text), // 880 TrdMatchID
    any(Text), // 881 SecondaryTradeReportRefID
    any(Float), // 882 UnderlyingDirtyPrice
    any(Float), // 883 UnderlyingEndPrice
    any(Float), // 884 UnderlyingStartValue
    any(Float), // 885 UnderlyingCurrentValue
    any(Float), // 886 UnderlyingEndValue
    any(NumInGroup), // 887 NoUnderlyingStips
    any(Text), // 888 UnderlyingStipType
    any(Text), // 889 UnderlyingStipValue
    any(Float), // 890 MaturityNetMoney
    one_of(Int, chars(b"012")), // 891 MiscFeeBasis
    any(Int), // 892 TotNoAllocs
    any(Bool), // 893 LastFragment
    any(Text), // 894 CollReqID
    one_of(Int, chars(b"01234567")), // 895 CollAsgnReason
    one_of(Int, chars(b"01234567")), // 896 CollInquiryQualifier
    any(NumInGroup), // 897 NoTrades
    any(Float), // 898 MarginRatio
    any(Float), // 899 MarginExcess
    any(Float), // 900 TotalNetValue
    any(Float), // 901 CashOutstanding
    any(Text), // 902 CollAsgnID
    one_of(Int, chars(b"01234")), // 903 CollAsgnTransType
    any(Text), // 904 CollRespID
    one_of(Int, chars(b"0123")), // 905 CollAsgnRespType
    one_of(Int, Words(&["0", "1", "2", "3", "4", "5", "99"])), // 906 CollAsgnRejectReason
    any(Text), // 907 CollAsgnRefID
    any(Text), // 908 CollRptID
    any(Text), // 909 CollInquiryID
    one_of(Int, chars(b"01234")), // 910 CollStatus
    any(Int), // 911 TotNumReports
    any(Bool), // 912 LastRptRequested
    any(Text), // 913 AgreementDesc
    any(Text), // 914 AgreementID
    any(Date), // 915 AgreementDate
    any(Date), // 916 StartDate
    any(Date), // 917 EndDate
    any(Text), // 918 AgreementCurrency
    one_of(Int, chars(b"0123")), // 919 DeliveryType
    any(Float), // 920 EndAccruedInterestAmt
    any(Float), // 921 StartCash
    any(Float), // 922 EndCash
    any(Text), // 923 UserRequestID
    one_of(Int, chars(b"1234")), // 924 UserRequestType
    any(Text), // 925 NewPassword
    one_of(Int, chars(b"123456")), // 926 UserStatus
    any(Text), // 927 UserStatusText
    one_of(Int, chars(b"1234")), // 928 StatusValue
    any(Text), // 929 StatusText
    any(Text), // 930 RefCompID
    any(Text), // 931 RefSubID
    any(Text), // 932 NetworkResponseID
    any(Text), // 933 NetworkRequestID
    any(Text), // 934 LastNetworkResponseID
    one_of(Int, chars(b"1248")), // 935 NetworkRequestType
    any(NumInGroup), // 936 NoCompIDs
    one_of(Int, chars(b"12")), // 937 NetworkStatusResponseType
    any(NumInGroup), // 938 NoCollInquiryQualifier
    one_of(Int, chars(b"01")), // 939 TrdRptStatus
    one_of(Int, chars(b"123")), // 940 AffirmStatus
    any(Text), // 941 UnderlyingStrikeCurrency
    any(Text), // 942 LegStrikeCurrency
    any(Text), // 943 TimeBracket
    one_of(Int, chars(b"012")), // 944 CollAction
    one_of(Int, chars(b"01234")), // 945 CollInquiryStatus
    // 946 CollInquiryResult
    one_of(Int, Words(&[
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "99",
    ])),
    any(Text), // 947 StrikeCurrency
    any(NumInGroup), // 948 NoNested3PartyIDs
    any(Text), // 949 Nested3PartyID
    any(Char), // 950 Nested3PartyIDSource
    any(Int), // 951 Nested3PartyRole
    any(NumInGroup), // 952 NoNested3PartySubIDs
    any(Text), // 953 Nested3PartySubID
    any(Int), // 954 Nested3PartySubIDType
    any(MonthYear), // 955 LegContractSettlMonth
    any(Date), // 956 LegInterestAccrualDate
];

/// NoHops (627).
static G627: Group = Group {
    count: 627,
    delimiter: 628,
    entry: Layout {
        fields: set(&[628, 629, 630]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoSecurityAltID (454).
static G454: Group = Group {
    count: 454,
    delimiter: 455,
    entry: Layout {
        fields: set(&[455, 456]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoEvents (864).
static G864: Group = Group {
    count: 864,
    delimiter: 865,
    entry: Layout {
        fields: set(&[865, 866, 867, 868]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoUnderlyingSecurityAltID (457).
static G457: Group = Group {
    count: 457,
    delimiter: 458,
    entry: Layout {
        fields: set(&[458, 459]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoUnderlyingStips (887).
static G887: Group = Group {
    count: 887,
    delimiter: 888,
    entry: Layout {
        fields: set(&[888, 889]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoUnderlyings (711).
static G711: Group = Group {
    count: 711,
    delimiter: 311,
    entry: Layout {
        fields: set(&[
            241, 242, 243, 244, 245, 246, 247, 256, 305, 306, 307, 308, 309, 310, 311, 312, 313,
            315, 316, 317, 318, 362, 363, 364, 365, 435, 436, 457, 462, 463, 542, 592, 593, 594,
            595, 763, 810, 877, 878, 879, 882, 883, 884, 885, 886, 887, 941,
        ]),
        required: set(&[]),
        groups: &[&G457, &G887],
    },
};

/// NoStipulations (232).
static G232: Group = Group {
    count: 232,
    delimiter: 233,
    entry: Layout {
        fields: set(&[233, 234]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoLegSecurityAltID (604).
static G604: Group = Group {
    count: 604,
    delimiter: 605,
    entry: Layout {
        fields: set(&[605, 606]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoLegStipulations (683).
static G683: Group = Group {
    count: 683,
    delimiter: 688,
    entry: Layout {
        fields: set(&[688, 689]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoLegs (555).
static G555: Group = Group {
    count: 555,
    delimiter: 600,
    entry: Layout {
        fields: set(&[
            248, 249, 250, 251, 252, 253, 254, 257, 556, 596, 597, 598, 599, 600, 601, 602, 603,
            604, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618, 619, 620, 621, 622,
            623, 624, 682, 683, 739, 740, 764, 942, 955, 956,
        ]),
        required: set(&[]),
        groups: &[&G604, &G683],
    },
};

/// NoIOIQualifiers (199).
static G199: Group = Group {
    count: 199,
    delimiter: 104,
    entry: Layout {
        fields: set(&[104]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoRoutingIDs (215).
static G215: Group = Group {
    count: 215,
    delimiter: 216,
    entry: Layout {
        fields: set(&[216, 217]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoLegs (555).
static G555_2: Group = Group {
    count: 555,
    delimiter: 600,
    entry: Layout {
        fields: set(&[
            248, 249, 250, 251, 252, 253, 254, 257, 556, 596, 597, 598, 599, 600, 601, 602, 603,
            604, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618, 619, 620, 621, 622,
            623, 624, 739, 740, 764, 942, 955, 956,
        ]),
        required: set(&[]),
        groups: &[&G604],
    },
};

/// NoPartySubIDs (802).
static G802: Group = Group {
    count: 802,
    delimiter: 523,
    entry: Layout {
        fields: set(&[523, 803]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoPartyIDs (453).
static G453: Group = Group {
    count: 453,
    delimiter: 448,
    entry: Layout {
        fields: set(&[447, 448, 452, 802]),
        required: set(&[]),
        groups: &[&G802],
    },
};

/// NoContraBrokers (382).
static G382: Group = Group {
    count: 382,
    delimiter: 375,
    entry: Layout {
        fields: set(&[337, 375, 437, 438, 655]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoContAmts (518).
static G518: Group = Group {
    count: 518,
    delimiter: 519,
    entry: Layout {
        fields: set(&[519, 520, 521]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoNestedPartySubIDs (804).
static G804: Group = Group {
    count: 804,
    delimiter: 545,
    entry: Layout {
        fields: set(&[545, 805]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoNestedPartyIDs (539).
static G539: Group = Group {
    count: 539,
    delimiter: 524,
    entry: Layout {
        fields: set(&[524, 525, 538, 804]),
        required: set(&[]),
        groups: &[&G804],
    },
};

/// NoLegs (555).
static G555_3: Group = Group {
    count: 555,
    delimiter: 600,
    entry: Layout {
        fields: set(&[
            248, 249, 250, 251, 252, 253, 254, 257, 539, 556, 564, 565, 566, 587, 588, 596, 597,
            598, 599, 600, 601, 602, 603, 604, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616,
            617, 618, 619, 620, 621, 622, 623, 624, 637, 654, 683, 687, 690, 739, 740, 764, 942,
            955, 956,
        ]),
        required: set(&[]),
        groups: &[&G604, &G683, &G539],
    },
};

/// NoMiscFees (136).
static G136: Group = Group {
    count: 136,
    delimiter: 137,
    entry: Layout {
        fields: set(&[137, 138, 139, 891]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoMsgTypes (384).
static G384: Group = Group {
    count: 384,
    delimiter: 372,
    entry: Layout {
        fields: set(&[372, 385]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoRelatedSym (146).
static G146: Group = Group {
    count: 146,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            22, 48, 55, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227, 228,
            231, 239, 240, 255, 348, 349, 350, 351, 454, 460, 461, 470, 471, 472, 541, 543, 667,
            691, 762, 864, 873, 874, 875, 876, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864],
    },
};

/// NoLinesOfText (33).
static G33: Group = Group {
    count: 33,
    delimiter: 58,
    entry: Layout {
        fields: set(&[58, 354, 355]),
        required: set(&[58]),
        groups: &[],
    },
};

/// NoAllocs (78).
static G78: Group = Group {
    count: 78,
    delimiter: 79,
    entry: Layout {
        fields: set(&[79, 80, 467, 539, 661, 736]),
        required: set(&[]),
        groups: &[&G539],
    },
};

/// NoTradingSessions (386).
static G386: Group = Group {
    count: 386,
    delimiter: 336,
    entry: Layout {
        fields: set(&[336, 625]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoOrders (73).
static G73: Group = Group {
    count: 73,
    delimiter: 11,
    entry: Layout {
        fields: set(&[
            1, 11, 12, 13, 15, 18, 21, 22, 23, 38, 40, 44, 48, 54, 55, 58, 59, 60, 63, 64, 65, 67,
            70, 75, 77, 78, 81, 99, 100, 106, 107, 110, 111, 114, 117, 120, 121, 126, 140, 152, 160,
            167, 168, 192, 193, 200, 201, 202, 203, 206, 207, 210, 211, 218, 220, 221, 222, 223,
            224, 225, 226, 227, 228, 229, 231, 232, 235, 236, 239, 240, 255, 348, 349, 350, 351,
            354, 355, 376, 377, 386, 388, 389, 401, 423, 427, 432, 453, 454, 460, 461, 468, 469,
            470, 471, 472, 479, 494, 497, 516, 526, 528, 529, 541, 543, 544, 581, 582, 583, 589,
            590, 591, 635, 640, 660, 662, 663, 667, 691, 696, 697, 698, 699, 701, 711, 761, 762,
            775, 835, 836, 837, 838, 840, 841, 842, 843, 844, 846, 847, 848, 849, 854, 864, 873,
            874, 875, 876, 947,
        ]),
        required: set(&[11, 54, 67]),
        groups: &[&G453, &G78, &G386, &G454, &G864, &G711, &G232],
    },
};

/// NoNested2PartySubIDs (806).
static G806: Group = Group {
    count: 806,
    delimiter: 760,
    entry: Layout {
        fields: set(&[760, 807]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoNested2PartyIDs (756).
static G756: Group = Group {
    count: 756,
    delimiter: 757,
    entry: Layout {
        fields: set(&[757, 758, 759, 806]),
        required: set(&[]),
        groups: &[&G806],
    },
};

/// NoOrders (73).
static G73_2: Group = Group {
    count: 73,
    delimiter: 11,
    entry: Layout {
        fields: set(&[11, 37, 38, 66, 198, 526, 756, 799, 800]),
        required: set(&[]),
        groups: &[&G756],
    },
};

/// NoExecs (124).
static G124: Group = Group {
    count: 124,
    delimiter: 32,
    entry: Layout {
        fields: set(&[17, 29, 31, 32, 527, 669]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoInstrAttrib (870).
static G870: Group = Group {
    count: 870,
    delimiter: 871,
    entry: Layout {
        fields: set(&[871, 872]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoClearingInstructions (576).
static G576: Group = Group {
    count: 576,
    delimiter: 577,
    entry: Layout {
        fields: set(&[577]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoSettlPartySubIDs (801).
static G801: Group = Group {
    count: 801,
    delimiter: 785,
    entry: Layout {
        fields: set(&[785, 786]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoSettlPartyIDs (781).
static G781: Group = Group {
    count: 781,
    delimiter: 782,
    entry: Layout {
        fields: set(&[782, 783, 784, 801]),
        required: set(&[]),
        groups: &[&G801],
    },
};

/// NoDlvyInst (85).
static G85: Group = Group {
    count: 85,
    delimiter: 165,
    entry: Layout {
        fields: set(&[165, 781, 787]),
        required: set(&[]),
        groups: &[&G781],
    },
};

/// NoAllocs (78).
static G78_2: Group = Group {
    count: 78,
    delimiter: 79,
    entry: Layout {
        fields: set(&[
            12, 13, 79, 80, 81, 85, 119, 120, 136, 153, 154, 155, 156, 161, 169, 170, 171, 172, 208,
            209, 360, 361, 366, 467, 479, 497, 539, 573, 576, 661, 736, 737, 741, 742, 780,
        ]),
        required: set(&[]),
        groups: &[&G539, &G136, &G576, &G85],
    },
};

/// NoOrders (73).
static G73_3: Group = Group {
    count: 73,
    delimiter: 11,
    entry: Layout {
        fields: set(&[6, 11, 14, 39, 58, 84, 103, 151, 354, 355, 526, 636]),
        required: set(&[6, 11, 14, 39, 84, 151]),
        groups: &[],
    },
};

/// NoAllocs (78).
static G78_3: Group = Group {
    count: 78,
    delimiter: 79,
    entry: Layout {
        fields: set(&[79, 161, 360, 361, 366, 467, 661, 776]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoLegs (555).
static G555_4: Group = Group {
    count: 555,
    delimiter: 600,
    entry: Layout {
        fields: set(&[
            248, 249, 250, 251, 252, 253, 254, 257, 539, 556, 587, 588, 596, 597, 598, 599, 600,
            601, 602, 603, 604, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618, 619,
            620, 621, 622, 623, 624, 676, 677, 678, 679, 680, 683, 687, 690, 739, 740, 764, 942,
            955, 956,
        ]),
        required: set(&[]),
        groups: &[&G604, &G683, &G539],
    },
};

/// NoQuoteQualifiers (735).
static G735: Group = Group {
    count: 735,
    delimiter: 695,
    entry: Layout {
        fields: set(&[695]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoRelatedSym (146).
static G146_2: Group = Group {
    count: 146,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            1, 15, 22, 38, 40, 44, 48, 54, 55, 60, 62, 63, 64, 65, 106, 107, 126, 140, 152, 167,
            192, 193, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228,
            229, 231, 232, 235, 236, 239, 240, 255, 303, 336, 348, 349, 350, 351, 423, 453, 454,
            460, 461, 468, 469, 470, 471, 472, 516, 537, 541, 543, 555, 581, 625, 640, 660, 662,
            663, 667, 691, 692, 696, 697, 698, 699, 701, 711, 735, 761, 762, 788, 854, 864, 873,
            874, 875, 876, 898, 913, 914, 915, 916, 917, 918, 919, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864, &G711, &G232, &G555_4, &G735, &G453],
    },
};

/// NoLegs (555).
static G555_5: Group = Group {
    count: 555,
    delimiter: 600,
    entry: Layout {
        fields: set(&[
            248, 249, 250, 251, 252, 253, 254, 257, 539, 556, 587, 588, 596, 597, 598, 599, 600,
            601, 602, 603, 604, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618, 619,
            620, 621, 622, 623, 624, 676, 677, 678, 679, 680, 681, 683, 684, 686, 687, 690, 739,
            740, 764, 942, 955, 956,
        ]),
        required: set(&[]),
        groups: &[&G604, &G683, &G539],
    },
};

/// NoSettlInst (778).
static G778: Group = Group {
    count: 778,
    delimiter: 162,
    entry: Layout {
        fields: set(&[
            54, 85, 126, 162, 163, 167, 168, 169, 170, 171, 172, 214, 453, 460, 461, 476, 488, 489,
            490, 491, 492, 503, 504, 505, 779,
        ]),
        required: set(&[]),
        groups: &[&G453, &G85],
    },
};

/// NoMDEntryTypes (267).
static G267: Group = Group {
    count: 267,
    delimiter: 269,
    entry: Layout {
        fields: set(&[269]),
        required: set(&[269]),
        groups: &[],
    },
};

/// NoRelatedSym (146).
static G146_3: Group = Group {
    count: 146,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            22, 48, 55, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227, 228,
            231, 239, 240, 255, 348, 349, 350, 351, 454, 460, 461, 470, 471, 472, 541, 543, 555,
            667, 691, 711, 762, 864, 873, 874, 875, 876, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864, &G711, &G555_2],
    },
};

/// NoMDEntries (268).
static G268: Group = Group {
    count: 268,
    delimiter: 269,
    entry: Layout {
        fields: set(&[
            15, 18, 37, 58, 59, 110, 126, 269, 270, 271, 272, 273, 274, 275, 276, 277, 282, 283,
            284, 286, 287, 288, 289, 290, 299, 336, 346, 354, 355, 432, 546, 625, 811,
        ]),
        required: set(&[269]),
        groups: &[],
    },
};

/// NoMDEntries (268).
static G268_2: Group = Group {
    count: 268,
    delimiter: 279,
    entry: Layout {
        fields: set(&[
            15, 18, 22, 37, 48, 55, 58, 59, 65, 106, 107, 110, 126, 167, 200, 201, 202, 206, 207,
            223, 224, 225, 226, 227, 228, 231, 239, 240, 255, 269, 270, 271, 272, 273, 274, 275,
            276, 277, 278, 279, 280, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 299,
            336, 346, 348, 349, 350, 351, 354, 355, 432, 451, 454, 460, 461, 470, 471, 472, 541,
            543, 546, 555, 625, 667, 691, 711, 762, 811, 864, 873, 874, 875, 876, 947,
        ]),
        required: set(&[279]),
        groups: &[&G454, &G864, &G711, &G555_2],
    },
};

/// NoAltMDSource (816).
static G816: Group = Group {
    count: 816,
    delimiter: 817,
    entry: Layout {
        fields: set(&[817]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoQuoteEntries (295).
static G295: Group = Group {
    count: 295,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            22, 48, 55, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227, 228,
            231, 239, 240, 255, 348, 349, 350, 351, 454, 460, 461, 470, 471, 472, 541, 543, 555,
            667, 691, 711, 762, 788, 864, 873, 874, 875, 876, 898, 913, 914, 915, 916, 917, 918,
            919, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864, &G711, &G555_2],
    },
};

/// NoQuoteEntries (295).
static G295_2: Group = Group {
    count: 295,
    delimiter: 299,
    entry: Layout {
        fields: set(&[
            15, 22, 40, 48, 55, 60, 62, 64, 65, 106, 107, 132, 133, 134, 135, 167, 188, 189, 190,
            191, 192, 193, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227, 228, 231, 239, 240,
            255, 299, 336, 348, 349, 350, 351, 368, 454, 460, 461, 470, 471, 472, 541, 543, 555,
            625, 631, 632, 633, 634, 642, 643, 667, 691, 762, 864, 873, 874, 875, 876, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864, &G555_2],
    },
};

/// NoQuoteSets (296).
static G296: Group = Group {
    count: 296,
    delimiter: 302,
    entry: Layout {
        fields: set(&[
            241, 242, 243, 244, 245, 246, 247, 256, 295, 302, 304, 305, 306, 307, 308, 309, 310,
            311, 312, 313, 315, 316, 317, 318, 362, 363, 364, 365, 435, 436, 457, 462, 463, 542,
            592, 593, 594, 595, 763, 810, 877, 878, 879, 882, 883, 884, 885, 886, 887, 893, 941,
        ]),
        required: set(&[]),
        groups: &[&G457, &G887, &G295_2],
    },
};

/// NoQuoteEntries (295).
static G295_3: Group = Group {
    count: 295,
    delimiter: 299,
    entry: Layout {
        fields: set(&[
            15, 22, 40, 48, 55, 60, 62, 64, 65, 106, 107, 132, 133, 134, 135, 167, 188, 189, 190,
            191, 192, 193, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227, 228, 231, 239, 240,
            255, 299, 336, 348, 349, 350, 351, 454, 460, 461, 470, 471, 472, 541, 543, 555, 625,
            631, 632, 633, 634, 642, 643, 667, 691, 762, 864, 873, 874, 875, 876, 947,
        ]),
        required: set(&[299]),
        groups: &[&G454, &G864, &G555_2],
    },
};

/// NoQuoteSets (296).
static G296_2: Group = Group {
    count: 296,
    delimiter: 302,
    entry: Layout {
        fields: set(&[
            241, 242, 243, 244, 245, 246, 247, 256, 295, 302, 304, 305, 306, 307, 308, 309, 310,
            311, 312, 313, 315, 316, 317, 318, 362, 363, 364, 365, 367, 435, 436, 457, 462, 463,
            542, 592, 593, 594, 595, 763, 810, 877, 878, 879, 882, 883, 884, 885, 886, 887, 893,
            941,
        ]),
        required: set(&[295, 302, 304]),
        groups: &[&G457, &G887, &G295_3],
    },
};

/// NoBidDescriptors (398).
static G398: Group = Group {
    count: 398,
    delimiter: 399,
    entry: Layout {
        fields: set(&[399, 400, 401, 402, 403, 404, 405, 406, 407, 408, 441]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoBidComponents (420).
static G420: Group = Group {
    count: 420,
    delimiter: 66,
    entry: Layout {
        fields: set(&[1, 54, 63, 64, 66, 336, 430, 625, 660]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoBidComponents (420).
static G420_2: Group = Group {
    count: 420,
    delimiter: 12,
    entry: Layout {
        fields: set(&[
            12, 13, 44, 54, 58, 63, 64, 66, 336, 354, 355, 406, 421, 423, 430, 479, 497, 625,
        ]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoStrikes (428).
static G428: Group = Group {
    count: 428,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            22, 48, 55, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227, 228,
            231, 239, 240, 255, 348, 349, 350, 351, 454, 460, 461, 470, 471, 472, 541, 543, 667,
            691, 762, 864, 873, 874, 875, 876, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864],
    },
};

/// NoUnderlyings (711).
static G711_2: Group = Group {
    count: 711,
    delimiter: 311,
    entry: Layout {
        fields: set(&[
            11, 15, 44, 54, 58, 140, 241, 242, 243, 244, 245, 246, 247, 256, 305, 306, 307, 308,
            309, 310, 311, 312, 313, 315, 316, 317, 318, 354, 355, 362, 363, 364, 365, 435, 436,
            457, 462, 463, 526, 542, 592, 593, 594, 595, 763, 810, 877, 878, 879, 882, 883, 884,
            885, 886, 887, 941,
        ]),
        required: set(&[44]),
        groups: &[&G457, &G887],
    },
};

/// NoRegistDtls (473).
static G473: Group = Group {
    count: 473,
    delimiter: 509,
    entry: Layout {
        fields: set(&[474, 475, 482, 486, 509, 511, 522, 539]),
        required: set(&[]),
        groups: &[&G539],
    },
};

/// NoDistribInsts (510).
static G510: Group = Group {
    count: 510,
    delimiter: 477,
    entry: Layout {
        fields: set(&[477, 478, 498, 499, 500, 501, 502, 512]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoAffectedOrders (534).
static G534: Group = Group {
    count: 534,
    delimiter: 41,
    entry: Layout {
        fields: set(&[41, 535, 536]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoSides (552).
static G552: Group = Group {
    count: 552,
    delimiter: 54,
    entry: Layout {
        fields: set(&[
            1, 11, 12, 13, 38, 54, 58, 70, 75, 77, 78, 120, 121, 152, 203, 229, 354, 355, 377, 453,
            468, 469, 479, 497, 516, 526, 528, 529, 544, 581, 582, 583, 589, 590, 591, 635, 659,
            660, 775, 854,
        ]),
        required: set(&[11, 54]),
        groups: &[&G453, &G78],
    },
};

/// NoSides (552).
static G552_2: Group = Group {
    count: 552,
    delimiter: 54,
    entry: Layout {
        fields: set(&[
            11, 38, 41, 54, 58, 75, 152, 229, 354, 355, 376, 453, 468, 469, 516, 526, 583, 586,
        ]),
        required: set(&[11, 41, 54]),
        groups: &[&G453],
    },
};

/// NoSecurityTypes (558).
static G558: Group = Group {
    count: 558,
    delimiter: 167,
    entry: Layout {
        fields: set(&[167, 460, 461, 762]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoLegs (555).
static G555_6: Group = Group {
    count: 555,
    delimiter: 600,
    entry: Layout {
        fields: set(&[
            248, 249, 250, 251, 252, 253, 254, 257, 556, 587, 596, 597, 598, 599, 600, 601, 602,
            603, 604, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618, 619, 620, 621,
            622, 623, 624, 676, 677, 678, 679, 680, 683, 690, 739, 740, 764, 942, 955, 956,
        ]),
        required: set(&[]),
        groups: &[&G604, &G683],
    },
};

/// NoRelatedSym (146).
static G146_4: Group = Group {
    count: 146,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            15, 22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223,
            224, 225, 226, 227, 228, 231, 232, 235, 236, 239, 240, 255, 336, 348, 349, 350, 351,
            354, 355, 454, 460, 461, 470, 471, 472, 541, 543, 555, 561, 562, 625, 662, 663, 667,
            668, 691, 696, 697, 698, 699, 701, 711, 761, 762, 788, 827, 864, 869, 870, 873, 874,
            875, 876, 898, 913, 914, 915, 916, 917, 918, 919, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864, &G870, &G711, &G232, &G555_6],
    },
};

/// NoRelatedSym (146).
static G146_5: Group = Group {
    count: 146,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            15, 22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227,
            228, 231, 239, 240, 255, 336, 348, 349, 350, 351, 354, 355, 454, 460, 461, 470, 471,
            472, 541, 543, 555, 625, 667, 668, 691, 762, 827, 864, 869, 870, 873, 874, 875, 876,
            947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864, &G870, &G555_2],
    },
};

/// NoNested3PartySubIDs (952).
static G952: Group = Group {
    count: 952,
    delimiter: 953,
    entry: Layout {
        fields: set(&[953, 954]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoNested3PartyIDs (948).
static G948: Group = Group {
    count: 948,
    delimiter: 949,
    entry: Layout {
        fields: set(&[949, 950, 951, 952]),
        required: set(&[]),
        groups: &[&G952],
    },
};

/// NoAllocs (78).
static G78_4: Group = Group {
    count: 78,
    delimiter: 79,
    entry: Layout {
        fields: set(&[79, 80, 467, 661, 736, 948]),
        required: set(&[]),
        groups: &[&G948],
    },
};

/// NoLegAllocs (670).
static G670: Group = Group {
    count: 670,
    delimiter: 671,
    entry: Layout {
        fields: set(&[671, 672, 673, 674, 675, 756]),
        required: set(&[]),
        groups: &[&G756],
    },
};

/// NoLegs (555).
static G555_7: Group = Group {
    count: 555,
    delimiter: 600,
    entry: Layout {
        fields: set(&[
            248, 249, 250, 251, 252, 253, 254, 257, 539, 556, 564, 565, 566, 587, 588, 596, 597,
            598, 599, 600, 601, 602, 603, 604, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616,
            617, 618, 619, 620, 621, 622, 623, 624, 654, 670, 683, 687, 690, 739, 740, 764, 942,
            955, 956,
        ]),
        required: set(&[]),
        groups: &[&G604, &G683, &G670, &G539],
    },
};

/// NoDates (580).
static G580: Group = Group {
    count: 580,
    delimiter: 75,
    entry: Layout {
        fields: set(&[60, 75]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoPosAmt (753).
static G753: Group = Group {
    count: 753,
    delimiter: 707,
    entry: Layout {
        fields: set(&[707, 708]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoTrdRegTimestamps (768).
static G768: Group = Group {
    count: 768,
    delimiter: 769,
    entry: Layout {
        fields: set(&[769, 770, 771]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoAllocs (78).
static G78_5: Group = Group {
    count: 78,
    delimiter: 79,
    entry: Layout {
        fields: set(&[79, 80, 467, 661, 736, 756]),
        required: set(&[]),
        groups: &[&G756],
    },
};

/// NoSides (552).
static G552_3: Group = Group {
    count: 552,
    delimiter: 54,
    entry: Layout {
        fields: set(&[
            1, 11, 12, 13, 15, 18, 37, 40, 54, 58, 66, 70, 77, 78, 81, 118, 119, 120, 136, 155, 156,
            157, 158, 159, 198, 230, 232, 237, 238, 336, 354, 355, 376, 377, 381, 453, 479, 483,
            497, 518, 526, 528, 529, 575, 576, 578, 579, 581, 582, 591, 625, 660, 738, 752, 821,
            825, 826, 920, 921, 922, 943,
        ]),
        required: set(&[37, 54]),
        groups: &[&G453, &G576, &G518, &G232, &G136, &G78_5],
    },
};

/// NoRelatedSym (146).
static G146_6: Group = Group {
    count: 146,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            1, 15, 22, 38, 40, 44, 48, 54, 55, 60, 63, 64, 65, 106, 107, 126, 140, 152, 167, 192,
            193, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229,
            231, 232, 235, 236, 239, 240, 255, 303, 336, 348, 349, 350, 351, 423, 453, 454, 460,
            461, 468, 469, 470, 471, 472, 516, 537, 541, 543, 555, 581, 625, 640, 660, 662, 663,
            667, 691, 692, 696, 697, 698, 699, 701, 711, 735, 761, 762, 788, 854, 864, 873, 874,
            875, 876, 898, 913, 914, 915, 916, 917, 918, 919, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864, &G711, &G232, &G555_4, &G735, &G453],
    },
};

/// NoRelatedSym (146).
static G146_7: Group = Group {
    count: 146,
    delimiter: 55,
    entry: Layout {
        fields: set(&[
            22, 48, 55, 65, 106, 107, 140, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227,
            228, 231, 239, 240, 255, 303, 336, 348, 349, 350, 351, 454, 460, 461, 470, 471, 472,
            537, 541, 543, 555, 625, 667, 691, 711, 762, 864, 873, 874, 875, 876, 947,
        ]),
        required: set(&[]),
        groups: &[&G454, &G864, &G711, &G555_2],
    },
};

/// NoLegs (555).
static G555_8: Group = Group {
    count: 555,
    delimiter: 600,
    entry: Layout {
        fields: set(&[
            248, 249, 250, 251, 252, 253, 254, 257, 539, 556, 587, 588, 596, 597, 598, 599, 600,
            601, 602, 603, 604, 607, 608, 609, 610, 611, 612, 613, 614, 615, 616, 617, 618, 619,
            620, 621, 622, 623, 624, 683, 687, 690, 739, 740, 764, 942, 955, 956,
        ]),
        required: set(&[]),
        groups: &[&G604, &G683, &G539],
    },
};

/// NoCapacities (862).
static G862: Group = Group {
    count: 862,
    delimiter: 528,
    entry: Layout {
        fields: set(&[528, 529, 863]),
        required: set(&[528, 863]),
        groups: &[],
    },
};

/// NoPositions (702).
static G702: Group = Group {
    count: 702,
    delimiter: 703,
    entry: Layout {
        fields: set(&[539, 703, 704, 705, 706]),
        required: set(&[]),
        groups: &[&G539],
    },
};

/// NoUnderlyings (711).
static G711_3: Group = Group {
    count: 711,
    delimiter: 311,
    entry: Layout {
        fields: set(&[
            241, 242, 243, 244, 245, 246, 247, 256, 305, 306, 307, 308, 309, 310, 311, 312, 313,
            315, 316, 317, 318, 362, 363, 364, 365, 435, 436, 457, 462, 463, 542, 592, 593, 594,
            595, 732, 733, 763, 810, 877, 878, 879, 882, 883, 884, 885, 886, 887, 941,
        ]),
        required: set(&[732, 733]),
        groups: &[&G457, &G887],
    },
};

/// NoExecs (124).
static G124_2: Group = Group {
    count: 124,
    delimiter: 17,
    entry: Layout {
        fields: set(&[17]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoTrades (897).
static G897: Group = Group {
    count: 897,
    delimiter: 571,
    entry: Layout {
        fields: set(&[571, 818]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoUnderlyings (711).
static G711_4: Group = Group {
    count: 711,
    delimiter: 311,
    entry: Layout {
        fields: set(&[
            241, 242, 243, 244, 245, 246, 247, 256, 305, 306, 307, 308, 309, 310, 311, 312, 313,
            315, 316, 317, 318, 362, 363, 364, 365, 435, 436, 457, 462, 463, 542, 592, 593, 594,
            595, 763, 810, 877, 878, 879, 882, 883, 884, 885, 886, 887, 941, 944,
        ]),
        required: set(&[]),
        groups: &[&G457, &G887],
    },
};

/// NoCollInquiryQualifier (938).
static G938: Group = Group {
    count: 938,
    delimiter: 896,
    entry: Layout {
        fields: set(&[896]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoCompIDs (936).
static G936: Group = Group {
    count: 936,
    delimiter: 930,
    entry: Layout {
        fields: set(&[283, 284, 930, 931]),
        required: set(&[]),
        groups: &[],
    },
};

/// NoCompIDs (936).
static G936_2: Group = Group {
    count: 936,
    delimiter: 930,
    entry: Layout {
        fields: set(&[283, 284, 928, 929, 930, 931]),
        required: set(&[]),
        groups: &[],
    },
};

/// In front of every message.
pub(super) static HEADER: Layout = Layout {
    fields: set(&[
        8, 9, 34, 35, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144,
        145, 212, 213, 347, 369, 627,
    ]),
    required: set(&[8, 9, 34, 35, 49, 52, 56]),
    groups: &[&G627],
};

/// At the end of every message.
pub(super) static TRAILER: Layout = Layout {
    fields: set(&[10, 89, 93]),
    required: set(&[10]),
    groups: &[],
};

/// Every message, in byte order of MsgType.
pub(super) static MESSAGES: [Message; 93] = [
    // Heartbeat
    Message {
        msg_type: "0",
        body: Layout {
            fields: set(&[112]),
            required: set(&[]),
            groups: &[],
        },
    },
    // TestRequest
    Message {
        msg_type: "1",
        body: Layout {
            fields: set(&[112]),
            required: set(&[112]),
            groups: &[],
        },
    },
    // ResendRequest
    Message {
        msg_type: "2",
        body: Layout {
            fields: set(&[7, 16]),
            required: set(&[7, 16]),
            groups: &[],
        },
    },
    // Reject
    Message {
        msg_type: "3",
        body: Layout {
            fields: set(&[45, 58, 354, 355, 371, 372, 373]),
            required: set(&[45]),
            groups: &[],
        },
    },
    // SequenceReset
    Message {
        msg_type: "4",
        body: Layout {
            fields: set(&[36, 123]),
            required: set(&[36]),
            groups: &[],
        },
    },
    // Logout
    Message {
        msg_type: "5",
        body: Layout {
            fields: set(&[58, 354, 355]),
            required: set(&[]),
            groups: &[],
        },
    },
    // IOI
    Message {
        msg_type: "6",
        body: Layout {
            fields: set(&[
                15, 22, 23, 25, 26, 27, 28, 38, 44, 48, 54, 55, 58, 60, 62, 65, 106, 107, 130, 149,
                152, 167, 199, 200, 201, 202, 206, 207, 215, 218, 220, 221, 222, 223, 224, 225, 226,
                227, 228, 231, 232, 235, 236, 239, 240, 255, 348, 349, 350, 351, 354, 355, 423, 454,
                460, 461, 468, 469, 470, 471, 472, 516, 541, 543, 555, 662, 663, 667, 691, 696, 697,
                698, 699, 701, 711, 761, 762, 788, 854, 864, 873, 874, 875, 876, 898, 913, 914, 915,
                916, 917, 918, 919, 947,
            ]),
            required: set(&[23, 27, 28, 54]),
            groups: &[&G454, &G864, &G711, &G232, &G555, &G199, &G215],
        },
    },
    // Advertisement
    Message {
        msg_type: "7",
        body: Layout {
            fields: set(&[
                2, 3, 4, 5, 15, 22, 30, 44, 48, 53, 55, 58, 60, 65, 75, 106, 107, 149, 167, 200,
                201, 202, 206, 207, 223, 224, 225, 226, 227, 228, 231, 239, 240, 255, 336, 348, 349,
                350, 351, 354, 355, 454, 460, 461, 470, 471, 472, 541, 543, 555, 625, 667, 691, 711,
                762, 854, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[2, 4, 5, 53]),
            groups: &[&G454, &G864, &G555_2, &G711],
        },
    },
    // ExecutionReport
    Message {
        msg_type: "8",
        body: Layout {
            fields: set(&[
                1, 6, 11, 12, 13, 14, 15, 17, 18, 19, 21, 22, 29, 30, 31, 32, 37, 38, 39, 40, 41,
                44, 48, 54, 55, 58, 59, 60, 63, 64, 65, 66, 75, 77, 99, 103, 106, 107, 110, 111,
                113, 118, 119, 120, 126, 136, 150, 151, 152, 155, 156, 157, 158, 159, 167, 168, 192,
                193, 194, 195, 198, 200, 201, 202, 206, 207, 210, 211, 218, 220, 221, 222, 223, 224,
                225, 226, 227, 228, 229, 230, 231, 232, 235, 236, 237, 238, 239, 240, 255, 258, 259,
                260, 336, 348, 349, 350, 351, 354, 355, 376, 377, 378, 381, 382, 388, 389, 423, 424,
                425, 426, 427, 432, 442, 453, 454, 460, 461, 468, 469, 470, 471, 472, 479, 480, 481,
                483, 484, 485, 494, 497, 513, 515, 516, 518, 526, 527, 528, 529, 541, 543, 544, 548,
                549, 551, 555, 581, 582, 583, 584, 589, 590, 591, 625, 635, 636, 638, 639, 641, 651,
                652, 660, 662, 663, 667, 669, 691, 693, 696, 697, 698, 699, 701, 711, 738, 761, 762,
                775, 788, 790, 797, 835, 836, 837, 838, 839, 840, 841, 842, 843, 844, 845, 846, 847,
                848, 849, 850, 851, 854, 864, 873, 874, 875, 876, 898, 911, 912, 913, 914, 915, 916,
                917, 918, 919, 920, 921, 922, 943, 947,
            ]),
            required: set(&[6, 14, 17, 37, 39, 54, 150, 151]),
            groups: &[&G453, &G382, &G454, &G864, &G711, &G232, &G518, &G555_3, &G136],
        },
    },
    // OrderCancelReject
    Message {
        msg_type: "9",
        body: Layout {
            fields: set(&[
                1, 11, 37, 39, 41, 58, 60, 66, 75, 102, 198, 229, 354, 355, 434, 526, 581, 583, 586,
                636, 660,
            ]),
            required: set(&[11, 37, 39, 41, 434]),
            groups: &[],
        },
    },
    // Logon
    Message {
        msg_type: "A",
        body: Layout {
            fields: set(&[95, 96, 98, 108, 141, 383, 384, 464, 553, 554, 789]),
            required: set(&[98, 108]),
            groups: &[&G384],
        },
    },
    // DerivativeSecurityList
    Message {
        msg_type: "AA",
        body: Layout {
            fields: set(&[
                146, 241, 242, 243, 244, 245, 246, 247, 256, 305, 306, 307, 308, 309, 310, 311, 312,
                313, 315, 316, 317, 318, 320, 322, 362, 363, 364, 365, 393, 435, 436, 457, 462, 463,
                542, 560, 592, 593, 594, 595, 763, 810, 877, 878, 879, 882, 883, 884, 885, 886, 887,
                893, 941,
            ]),
            required: set(&[320, 322, 560]),
            groups: &[&G457, &G887, &G146_5],
        },
    },
    // NewOrderMultileg
    Message {
        msg_type: "AB",
        body: Layout {
            fields: set(&[
                1, 11, 12, 13, 15, 18, 21, 22, 23, 38, 40, 44, 48, 54, 55, 58, 59, 60, 63, 64, 65,
                70, 75, 77, 78, 81, 99, 100, 106, 107, 110, 111, 114, 117, 120, 121, 126, 140, 152,
                167, 168, 200, 201, 202, 203, 206, 207, 210, 211, 223, 224, 225, 226, 227, 228, 229,
                231, 239, 240, 255, 348, 349, 350, 351, 354, 355, 376, 377, 386, 388, 389, 423, 427,
                432, 453, 454, 460, 461, 468, 469, 470, 471, 472, 479, 480, 481, 494, 497, 513, 516,
                526, 528, 529, 541, 543, 544, 555, 563, 581, 582, 583, 589, 590, 591, 635, 660, 667,
                691, 711, 762, 775, 835, 836, 837, 838, 840, 841, 842, 843, 844, 846, 847, 848, 849,
                854, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[11, 40, 54, 60, 555]),
            groups: &[&G453, &G78_4, &G386, &G454, &G864, &G711, &G555_7],
        },
    },
    // MultilegOrderCancelReplace
    Message {
        msg_type: "AC",
        body: Layout {
            fields: set(&[
                1, 11, 12, 13, 15, 18, 21, 22, 23, 37, 38, 40, 41, 44, 48, 54, 55, 58, 59, 60, 63,
                64, 65, 70, 75, 77, 78, 81, 99, 100, 106, 107, 110, 111, 114, 117, 120, 121, 126,
                140, 152, 167, 168, 200, 201, 202, 203, 206, 207, 210, 211, 223, 224, 225, 226, 227,
                228, 229, 231, 239, 240, 255, 348, 349, 350, 351, 354, 355, 376, 377, 386, 388, 389,
                423, 427, 432, 453, 454, 460, 461, 468, 469, 470, 471, 472, 479, 480, 481, 494, 497,
                513, 516, 526, 528, 529, 541, 543, 544, 555, 563, 581, 582, 583, 586, 589, 590, 591,
                635, 660, 667, 691, 711, 762, 775, 835, 836, 837, 838, 840, 841, 842, 843, 844, 846,
                847, 848, 849, 854, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[11, 40, 41, 54, 60, 555]),
            groups: &[&G453, &G78_4, &G386, &G454, &G864, &G711, &G555_7],
        },
    },
    // TradeCaptureReportRequest
    Message {
        msg_type: "AD",
        body: Layout {
            fields: set(&[
                11, 17, 22, 37, 48, 54, 55, 58, 65, 106, 107, 150, 167, 200, 201, 202, 206, 207,
                223, 224, 225, 226, 227, 228, 231, 239, 240, 255, 263, 336, 348, 349, 350, 351, 354,
                355, 442, 453, 454, 460, 461, 470, 471, 472, 541, 543, 555, 568, 569, 571, 573, 578,
                579, 580, 625, 667, 668, 691, 711, 715, 725, 726, 762, 788, 818, 820, 828, 829, 830,
                855, 864, 869, 870, 873, 874, 875, 876, 880, 898, 913, 914, 915, 916, 917, 918, 919,
                943, 947,
            ]),
            required: set(&[568, 569]),
            groups: &[&G453, &G454, &G864, &G870, &G711, &G555_2, &G580],
        },
    },
    // TradeCaptureReport
    Message {
        msg_type: "AE",
        body: Layout {
            fields: set(&[
                6, 17, 22, 30, 31, 32, 38, 39, 48, 55, 60, 63, 64, 65, 75, 106, 107, 150, 152, 167,
                194, 195, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228,
                231, 235, 236, 239, 240, 255, 263, 325, 348, 349, 350, 351, 378, 423, 442, 454, 460,
                461, 468, 469, 470, 471, 472, 487, 516, 527, 541, 543, 552, 555, 568, 570, 571, 572,
                573, 574, 662, 663, 667, 669, 691, 696, 697, 698, 699, 701, 711, 715, 748, 753, 761,
                762, 768, 788, 797, 818, 819, 820, 822, 823, 824, 828, 829, 830, 852, 853, 854, 855,
                856, 864, 873, 874, 875, 876, 880, 881, 898, 912, 913, 914, 915, 916, 917, 918, 919,
                947,
            ]),
            required: set(&[31, 32, 60, 75, 552, 570, 571]),
            groups: &[&G454, &G864, &G711, &G753, &G555_3, &G768, &G552_3],
        },
    },
    // OrderMassStatusRequest
    Message {
        msg_type: "AF",
        body: Layout {
            fields: set(&[
                1, 22, 48, 54, 55, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226,
                227, 228, 231, 239, 240, 241, 242, 243, 244, 245, 246, 247, 255, 256, 305, 306, 307,
                308, 309, 310, 311, 312, 313, 315, 316, 317, 318, 336, 348, 349, 350, 351, 362, 363,
                364, 365, 435, 436, 453, 454, 457, 460, 461, 462, 463, 470, 471, 472, 541, 542, 543,
                584, 585, 592, 593, 594, 595, 625, 660, 667, 691, 762, 763, 810, 864, 873, 874, 875,
                876, 877, 878, 879, 882, 883, 884, 885, 886, 887, 941, 947,
            ]),
            required: set(&[584, 585]),
            groups: &[&G453, &G454, &G864, &G457, &G887],
        },
    },
    // QuoteRequestReject
    Message {
        msg_type: "AG",
        body: Layout {
            fields: set(&[58, 131, 146, 354, 355, 644, 658]),
            required: set(&[131, 146, 658]),
            groups: &[&G146_6],
        },
    },
    // RFQRequest
    Message {
        msg_type: "AH",
        body: Layout {
            fields: set(&[146, 263, 644]),
            required: set(&[146, 644]),
            groups: &[&G146_7],
        },
    },
    // QuoteStatusReport
    Message {
        msg_type: "AI",
        body: Layout {
            fields: set(&[
                1, 12, 13, 15, 22, 38, 40, 44, 48, 54, 55, 58, 60, 62, 63, 64, 65, 100, 106, 107,
                117, 126, 131, 132, 133, 134, 135, 152, 156, 167, 188, 189, 190, 191, 192, 193, 200,
                201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 231, 232, 235,
                236, 239, 240, 255, 297, 336, 348, 349, 350, 351, 354, 355, 423, 453, 454, 460, 461,
                468, 469, 470, 471, 472, 516, 537, 541, 543, 555, 581, 582, 625, 631, 632, 633, 634,
                642, 643, 645, 646, 647, 648, 649, 656, 657, 660, 662, 663, 667, 691, 693, 696, 697,
                698, 699, 701, 711, 735, 761, 762, 788, 864, 873, 874, 875, 876, 898, 913, 914, 915,
                916, 917, 918, 919, 947,
            ]),
            required: set(&[117]),
            groups: &[&G453, &G454, &G864, &G711, &G232, &G555_8, &G735],
        },
    },
    // QuoteResponse
    Message {
        msg_type: "AJ",
        body: Layout {
            fields: set(&[
                1, 11, 12, 13, 15, 22, 23, 38, 40, 44, 48, 54, 55, 58, 60, 62, 63, 64, 65, 100, 106,
                107, 117, 132, 133, 134, 135, 152, 156, 167, 188, 189, 190, 191, 192, 193, 200, 201,
                202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 231, 232, 235, 236,
                239, 240, 255, 336, 348, 349, 350, 351, 354, 355, 423, 453, 454, 460, 461, 468, 469,
                470, 471, 472, 516, 528, 537, 541, 543, 555, 581, 582, 625, 631, 632, 633, 634, 642,
                643, 645, 646, 647, 648, 656, 657, 660, 662, 663, 667, 691, 693, 694, 696, 697, 698,
                699, 701, 711, 735, 761, 762, 788, 864, 873, 874, 875, 876, 898, 913, 914, 915, 916,
                917, 918, 919, 947,
            ]),
            required: set(&[693, 694]),
            groups: &[&G735, &G453, &G454, &G864, &G711, &G232, &G555_5],
        },
    },
    // Confirmation
    Message {
        msg_type: "AK",
        body: Layout {
            fields: set(&[
                6, 12, 13, 15, 22, 30, 48, 54, 55, 58, 60, 63, 64, 65, 70, 73, 74, 75, 79, 80, 81,
                85, 106, 107, 118, 119, 120, 136, 155, 156, 157, 158, 159, 167, 169, 170, 171, 172,
                200, 201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 230, 231,
                232, 235, 236, 237, 238, 239, 240, 255, 348, 349, 350, 351, 354, 355, 381, 423, 453,
                454, 460, 461, 467, 470, 471, 472, 479, 497, 541, 543, 555, 650, 661, 662, 663, 664,
                665, 666, 667, 668, 691, 696, 697, 698, 699, 701, 711, 738, 761, 762, 768, 772, 773,
                788, 793, 797, 798, 854, 858, 859, 860, 861, 862, 864, 869, 870, 873, 874, 875, 876,
                890, 898, 913, 914, 915, 916, 917, 918, 919, 920, 921, 922, 947,
            ]),
            required: set(&[6, 54, 60, 75, 79, 80, 118, 381, 664, 665, 666, 773, 862]),
            groups: &[
                &G453, &G73_2, &G768, &G454, &G864, &G870, &G711, &G555_2, &G862, &G85, &G232,
                &G136,
            ],
        },
    },
    // PositionMaintenanceRequest
    Message {
        msg_type: "AL",
        body: Layout {
            fields: set(&[
                1, 15, 22, 48, 55, 58, 60, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224,
                225, 226, 227, 228, 231, 239, 240, 255, 348, 349, 350, 351, 354, 355, 386, 453, 454,
                460, 461, 470, 471, 472, 541, 543, 555, 581, 660, 667, 691, 702, 709, 710, 711, 712,
                713, 714, 715, 716, 717, 718, 719, 720, 762, 834, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[1, 60, 581, 709, 710, 712, 715]),
            groups: &[&G453, &G454, &G864, &G555_2, &G711, &G386, &G702],
        },
    },
    // PositionMaintenanceReport
    Message {
        msg_type: "AM",
        body: Layout {
            fields: set(&[
                1, 15, 22, 48, 55, 58, 60, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224,
                225, 226, 227, 228, 231, 239, 240, 255, 348, 349, 350, 351, 354, 355, 386, 453, 454,
                460, 461, 470, 471, 472, 541, 543, 555, 581, 660, 667, 691, 702, 709, 710, 711, 712,
                713, 715, 716, 717, 718, 721, 722, 723, 753, 762, 834, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[1, 60, 581, 709, 712, 713, 715, 721, 722]),
            groups: &[&G453, &G454, &G864, &G555_2, &G711, &G386, &G702, &G753],
        },
    },
    // RequestForPositions
    Message {
        msg_type: "AN",
        body: Layout {
            fields: set(&[
                1, 15, 22, 48, 55, 58, 60, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224,
                225, 226, 227, 228, 231, 239, 240, 255, 263, 348, 349, 350, 351, 354, 355, 386, 453,
                454, 460, 461, 470, 471, 472, 541, 543, 555, 573, 581, 660, 667, 691, 710, 711, 715,
                716, 717, 724, 725, 726, 762, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[1, 60, 581, 710, 715, 724]),
            groups: &[&G453, &G454, &G864, &G555_2, &G711, &G386],
        },
    },
    // RequestForPositionsAck
    Message {
        msg_type: "AO",
        body: Layout {
            fields: set(&[
                1, 15, 22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225,
                226, 227, 228, 231, 239, 240, 255, 325, 348, 349, 350, 351, 354, 355, 453, 454, 460,
                461, 470, 471, 472, 541, 543, 555, 581, 660, 667, 691, 710, 711, 721, 725, 726, 727,
                728, 729, 762, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[1, 581, 721, 728, 729]),
            groups: &[&G453, &G454, &G864, &G555_2, &G711],
        },
    },
    // PositionReport
    Message {
        msg_type: "AP",
        body: Layout {
            fields: set(&[
                1, 15, 22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225,
                226, 227, 228, 231, 239, 240, 255, 263, 325, 348, 349, 350, 351, 354, 355, 453, 454,
                460, 461, 470, 471, 472, 506, 541, 543, 555, 581, 660, 667, 691, 702, 710, 711, 715,
                716, 717, 721, 724, 727, 728, 730, 731, 734, 743, 753, 762, 864, 873, 874, 875, 876,
                947,
            ]),
            required: set(&[1, 581, 715, 721, 728, 730, 731, 734]),
            groups: &[&G453, &G454, &G864, &G555_2, &G711_3, &G702, &G753],
        },
    },
    // TradeCaptureReportRequestAck
    Message {
        msg_type: "AQ",
        body: Layout {
            fields: set(&[
                22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227,
                228, 231, 239, 240, 255, 263, 348, 349, 350, 351, 354, 355, 442, 454, 460, 461, 470,
                471, 472, 541, 543, 555, 568, 569, 667, 691, 711, 725, 726, 748, 749, 750, 762, 864,
                873, 874, 875, 876, 947,
            ]),
            required: set(&[568, 569, 749, 750]),
            groups: &[&G454, &G864, &G711, &G555_2],
        },
    },
    // TradeCaptureReportAck
    Message {
        msg_type: "AR",
        body: Layout {
            fields: set(&[
                1, 17, 22, 48, 55, 58, 60, 65, 77, 78, 106, 107, 150, 167, 200, 201, 202, 206, 207,
                223, 224, 225, 226, 227, 228, 231, 239, 240, 255, 263, 348, 349, 350, 351, 354, 355,
                454, 460, 461, 470, 471, 472, 487, 527, 528, 529, 541, 543, 555, 571, 572, 581, 582,
                591, 635, 660, 667, 691, 725, 726, 751, 762, 768, 818, 820, 828, 829, 830, 855, 856,
                864, 873, 874, 875, 876, 880, 881, 939, 947,
            ]),
            required: set(&[150, 571]),
            groups: &[&G454, &G864, &G768, &G555_3, &G78_5],
        },
    },
    // AllocationReport
    Message {
        msg_type: "AS",
        body: Layout {
            fields: set(&[
                6, 15, 22, 30, 48, 53, 54, 55, 58, 60, 63, 64, 65, 70, 71, 72, 73, 74, 75, 77, 78,
                87, 88, 106, 107, 118, 124, 157, 158, 159, 167, 196, 197, 200, 201, 202, 206, 207,
                218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 231, 232, 235, 236, 237, 238,
                239, 240, 255, 336, 348, 349, 350, 351, 354, 355, 381, 423, 453, 454, 460, 461, 466,
                470, 471, 472, 540, 541, 543, 555, 570, 574, 625, 650, 662, 663, 667, 668, 691, 696,
                697, 698, 699, 700, 701, 711, 738, 754, 755, 761, 762, 775, 788, 793, 794, 795, 796,
                808, 854, 857, 860, 864, 869, 870, 873, 874, 875, 876, 892, 893, 898, 913, 914, 915,
                916, 917, 918, 919, 920, 921, 922, 947,
            ]),
            required: set(&[6, 53, 54, 71, 75, 87, 755, 794, 857]),
            groups: &[&G73_2, &G124, &G454, &G864, &G870, &G711, &G555_2, &G453, &G232, &G78_2],
        },
    },
    // AllocationReportAck
    Message {
        msg_type: "AT",
        body: Layout {
            fields: set(&[
                58, 60, 70, 75, 78, 87, 88, 167, 354, 355, 453, 460, 573, 755, 793, 794, 808,
            ]),
            required: set(&[60, 70, 87, 755]),
            groups: &[&G453, &G78_3],
        },
    },
    // ConfirmationAck
    Message {
        msg_type: "AU",
        body: Layout {
            fields: set(&[58, 60, 75, 354, 355, 573, 664, 774, 940]),
            required: set(&[60, 75, 664, 940]),
            groups: &[],
        },
    },
    // SettlementInstructionRequest
    Message {
        msg_type: "AV",
        body: Layout {
            fields: set(&[54, 60, 79, 126, 167, 168, 169, 170, 171, 453, 460, 461, 661, 779, 791]),
            required: set(&[60, 791]),
            groups: &[&G453],
        },
    },
    // AssignmentReport
    Message {
        msg_type: "AW",
        body: Layout {
            fields: set(&[
                1, 15, 22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225,
                226, 227, 228, 231, 239, 240, 255, 348, 349, 350, 351, 354, 355, 432, 453, 454, 460,
                461, 470, 471, 472, 541, 543, 555, 581, 667, 691, 702, 711, 715, 716, 717, 730, 731,
                732, 744, 745, 746, 747, 753, 762, 832, 833, 834, 864, 873, 874, 875, 876, 912, 947,
            ]),
            required: set(&[581, 715, 716, 717, 730, 731, 732, 744, 746, 747, 833]),
            groups: &[&G453, &G454, &G864, &G555_2, &G711, &G702, &G753],
        },
    },
    // CollateralRequest
    Message {
        msg_type: "AX",
        body: Layout {
            fields: set(&[
                1, 11, 15, 22, 37, 44, 48, 53, 54, 55, 58, 60, 64, 65, 106, 107, 124, 126, 136, 159,
                167, 198, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228,
                231, 232, 239, 240, 255, 336, 348, 349, 350, 351, 354, 355, 423, 453, 454, 460, 461,
                470, 471, 472, 526, 541, 543, 555, 581, 625, 662, 663, 667, 691, 699, 711, 715, 716,
                717, 761, 762, 768, 788, 854, 864, 873, 874, 875, 876, 894, 895, 897, 898, 899, 900,
                901, 913, 914, 915, 916, 917, 918, 919, 920, 921, 922, 947,
            ]),
            required: set(&[60, 894, 895]),
            groups: &[&G453, &G124_2, &G897, &G454, &G864, &G555_2, &G711_4, &G768, &G136, &G232],
        },
    },
    // CollateralAssignment
    Message {
        msg_type: "AY",
        body: Layout {
            fields: set(&[
                1, 11, 15, 22, 37, 44, 48, 53, 54, 55, 58, 60, 64, 65, 85, 106, 107, 124, 126, 136,
                159, 167, 169, 170, 171, 172, 198, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223,
                224, 225, 226, 227, 228, 231, 232, 239, 240, 255, 336, 348, 349, 350, 351, 354, 355,
                423, 453, 454, 460, 461, 470, 471, 472, 526, 541, 543, 555, 581, 625, 662, 663, 667,
                691, 699, 711, 715, 716, 717, 761, 762, 768, 788, 854, 864, 873, 874, 875, 876, 894,
                895, 897, 898, 899, 900, 901, 902, 903, 907, 913, 914, 915, 916, 917, 918, 919, 920,
                921, 922, 947,
            ]),
            required: set(&[60, 895, 902, 903]),
            groups: &[
                &G453, &G124_2, &G897, &G454, &G864, &G555_2, &G711_4, &G768, &G136, &G232, &G85,
            ],
        },
    },
    // CollateralResponse
    Message {
        msg_type: "AZ",
        body: Layout {
            fields: set(&[
                1, 11, 15, 22, 37, 44, 48, 53, 54, 55, 58, 60, 64, 65, 106, 107, 124, 136, 159, 167,
                198, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 231,
                232, 239, 240, 255, 348, 349, 350, 351, 354, 355, 423, 453, 454, 460, 461, 470, 471,
                472, 526, 541, 543, 555, 581, 662, 663, 667, 691, 699, 711, 761, 762, 768, 788, 854,
                864, 873, 874, 875, 876, 894, 895, 897, 898, 899, 900, 901, 902, 903, 904, 905, 906,
                913, 914, 915, 916, 917, 918, 919, 920, 921, 922, 947,
            ]),
            required: set(&[60, 895, 902, 904, 905]),
            groups: &[&G453, &G124_2, &G897, &G454, &G864, &G555_2, &G711_4, &G768, &G136, &G232],
        },
    },
    // News
    Message {
        msg_type: "B",
        body: Layout {
            fields: set(&[33, 42, 61, 95, 96, 146, 148, 149, 215, 358, 359, 555, 711]),
            required: set(&[33, 148]),
            groups: &[&G215, &G146, &G555_2, &G711, &G33],
        },
    },
    // CollateralReport
    Message {
        msg_type: "BA",
        body: Layout {
            fields: set(&[
                1, 11, 15, 22, 37, 44, 48, 53, 54, 55, 58, 64, 65, 85, 106, 107, 124, 136, 159, 167,
                169, 170, 171, 172, 198, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225,
                226, 227, 228, 231, 232, 239, 240, 255, 336, 348, 349, 350, 351, 354, 355, 423, 453,
                454, 460, 461, 470, 471, 472, 526, 541, 543, 555, 581, 625, 662, 663, 667, 691, 699,
                711, 715, 716, 717, 761, 762, 768, 788, 854, 864, 873, 874, 875, 876, 897, 898, 899,
                900, 901, 908, 909, 910, 911, 912, 913, 914, 915, 916, 917, 918, 919, 920, 921, 922,
                947,
            ]),
            required: set(&[908, 910]),
            groups: &[
                &G453, &G124_2, &G897, &G454, &G864, &G555_2, &G711, &G768, &G136, &G232, &G85,
            ],
        },
    },
    // CollateralInquiry
    Message {
        msg_type: "BB",
        body: Layout {
            fields: set(&[
                1, 11, 15, 22, 37, 44, 48, 53, 54, 55, 58, 64, 65, 85, 106, 107, 124, 159, 167, 169,
                170, 171, 172, 198, 200, 201, 202, 206, 207, 218, 220, 221, 222, 223, 224, 225, 226,
                227, 228, 231, 232, 239, 240, 255, 263, 336, 348, 349, 350, 351, 354, 355, 423, 453,
                454, 460, 461, 470, 471, 472, 526, 541, 543, 555, 581, 625, 662, 663, 667, 691, 699,
                711, 715, 716, 717, 725, 726, 761, 762, 768, 788, 854, 864, 873, 874, 875, 876, 897,
                898, 899, 900, 901, 909, 913, 914, 915, 916, 917, 918, 919, 920, 921, 922, 938, 947,
            ]),
            required: set(&[]),
            groups: &[
                &G938, &G453, &G124_2, &G897, &G454, &G864, &G555_2, &G711, &G768, &G232, &G85,
            ],
        },
    },
    // NetworkCounterpartySystemStatusRequest
    Message {
        msg_type: "BC",
        body: Layout {
            fields: set(&[933, 935, 936]),
            required: set(&[933, 935]),
            groups: &[&G936],
        },
    },
    // NetworkCounterpartySystemStatusResponse
    Message {
        msg_type: "BD",
        body: Layout {
            fields: set(&[932, 933, 934, 936, 937]),
            required: set(&[932, 936, 937]),
            groups: &[&G936_2],
        },
    },
    // UserRequest
    Message {
        msg_type: "BE",
        body: Layout {
            fields: set(&[95, 96, 553, 554, 923, 924, 925]),
            required: set(&[553, 923, 924]),
            groups: &[],
        },
    },
    // UserResponse
    Message {
        msg_type: "BF",
        body: Layout {
            fields: set(&[553, 923, 926, 927]),
            required: set(&[553, 923]),
            groups: &[],
        },
    },
    // CollateralInquiryAck
    Message {
        msg_type: "BG",
        body: Layout {
            fields: set(&[
                1, 11, 15, 22, 37, 48, 53, 55, 58, 64, 65, 106, 107, 124, 167, 198, 200, 201, 202,
                206, 207, 223, 224, 225, 226, 227, 228, 231, 239, 240, 255, 336, 348, 349, 350, 351,
                354, 355, 453, 454, 460, 461, 470, 471, 472, 526, 541, 543, 555, 581, 625, 667, 691,
                711, 715, 716, 717, 725, 726, 762, 788, 854, 864, 873, 874, 875, 876, 897, 898, 909,
                911, 913, 914, 915, 916, 917, 918, 919, 938, 945, 946, 947,
            ]),
            required: set(&[909, 945]),
            groups: &[&G938, &G453, &G124_2, &G897, &G454, &G864, &G555_2, &G711],
        },
    },
    // ConfirmationRequest
    Message {
        msg_type: "BH",
        body: Layout {
            fields: set(&[58, 60, 70, 73, 79, 354, 355, 467, 661, 773, 793, 798, 859]),
            required: set(&[60, 773, 859]),
            groups: &[&G73_2],
        },
    },
    // Email
    Message {
        msg_type: "C",
        body: Layout {
            fields: set(&[11, 33, 37, 42, 94, 95, 96, 146, 147, 164, 215, 356, 357, 555, 711]),
            required: set(&[33, 94, 147, 164]),
            groups: &[&G215, &G146, &G711, &G555_2, &G33],
        },
    },
    // NewOrderSingle
    Message {
        msg_type: "D",
        body: Layout {
            fields: set(&[
                1, 11, 12, 13, 15, 18, 21, 22, 23, 38, 40, 44, 48, 54, 55, 58, 59, 60, 63, 64, 65,
                70, 75, 77, 78, 81, 99, 100, 106, 107, 110, 111, 114, 117, 120, 121, 126, 140, 152,
                167, 168, 192, 193, 200, 201, 202, 203, 206, 207, 210, 211, 218, 220, 221, 222, 223,
                224, 225, 226, 227, 228, 229, 231, 232, 235, 236, 239, 240, 255, 348, 349, 350, 351,
                354, 355, 376, 377, 386, 388, 389, 423, 427, 432, 453, 454, 460, 461, 468, 469, 470,
                471, 472, 479, 480, 481, 494, 497, 513, 516, 526, 528, 529, 541, 543, 544, 581, 582,
                583, 589, 590, 591, 635, 640, 660, 662, 663, 667, 691, 696, 697, 698, 699, 701, 711,
                761, 762, 775, 788, 835, 836, 837, 838, 840, 841, 842, 843, 844, 846, 847, 848, 849,
                854, 864, 873, 874, 875, 876, 898, 913, 914, 915, 916, 917, 918, 919, 947,
            ]),
            required: set(&[11, 40, 54, 60]),
            groups: &[&G453, &G78, &G386, &G454, &G864, &G711, &G232],
        },
    },
    // NewOrderList
    Message {
        msg_type: "E",
        body: Layout {
            fields: set(&[
                66, 68, 69, 73, 352, 353, 390, 391, 394, 414, 415, 433, 480, 481, 513, 765, 766,
                767, 893,
            ]),
            required: set(&[66, 68, 73, 394]),
            groups: &[&G73],
        },
    },
    // OrderCancelRequest
    Message {
        msg_type: "F",
        body: Layout {
            fields: set(&[
                1, 11, 22, 37, 38, 41, 48, 54, 55, 58, 60, 65, 66, 106, 107, 152, 167, 200, 201,
                202, 206, 207, 223, 224, 225, 226, 227, 228, 231, 239, 240, 255, 348, 349, 350, 351,
                354, 355, 376, 453, 454, 460, 461, 468, 469, 470, 471, 472, 516, 526, 541, 543, 581,
                583, 586, 660, 667, 691, 711, 762, 788, 864, 873, 874, 875, 876, 898, 913, 914, 915,
                916, 917, 918, 919, 947,
            ]),
            required: set(&[11, 41, 54, 60]),
            groups: &[&G453, &G454, &G864, &G711],
        },
    },
    // OrderCancelReplaceRequest
    Message {
        msg_type: "G",
        body: Layout {
            fields: set(&[
                1, 11, 12, 13, 15, 18, 21, 22, 37, 38, 40, 41, 44, 48, 54, 55, 58, 59, 60, 63, 64,
                65, 66, 70, 75, 77, 78, 99, 100, 106, 107, 110, 111, 114, 120, 121, 126, 152, 167,
                168, 192, 193, 200, 201, 202, 203, 206, 207, 210, 211, 218, 220, 221, 222, 223, 224,
                225, 226, 227, 228, 229, 231, 235, 236, 239, 240, 255, 348, 349, 350, 351, 354, 355,
                376, 377, 386, 388, 389, 423, 427, 432, 453, 454, 460, 461, 468, 469, 470, 471, 472,
                479, 480, 481, 494, 497, 513, 516, 526, 528, 529, 541, 543, 544, 581, 582, 583, 586,
                589, 590, 591, 635, 640, 660, 662, 663, 667, 691, 696, 697, 698, 699, 701, 711, 761,
                762, 775, 788, 835, 836, 837, 838, 840, 841, 842, 843, 844, 846, 847, 848, 849, 854,
                864, 873, 874, 875, 876, 898, 913, 914, 915, 916, 917, 918, 919, 947,
            ]),
            required: set(&[11, 40, 41, 54, 60]),
            groups: &[&G453, &G78, &G386, &G454, &G864, &G711],
        },
    },
    // OrderStatusRequest
    Message {
        msg_type: "H",
        body: Layout {
            fields: set(&[
                1, 11, 22, 37, 48, 54, 55, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224,
                225, 226, 227, 228, 231, 239, 240, 255, 348, 349, 350, 351, 453, 454, 460, 461, 470,
                471, 472, 526, 541, 543, 583, 660, 667, 691, 711, 762, 788, 790, 864, 873, 874, 875,
                876, 898, 913, 914, 915, 916, 917, 918, 919, 947,
            ]),
            required: set(&[11, 54]),
            groups: &[&G453, &G454, &G864, &G711],
        },
    },
    // AllocationInstruction
    Message {
        msg_type: "J",
        body: Layout {
            fields: set(&[
                6, 15, 22, 30, 48, 53, 54, 55, 58, 60, 63, 64, 65, 70, 71, 72, 73, 74, 75, 77, 78,
                106, 107, 118, 124, 157, 158, 159, 167, 196, 197, 200, 201, 202, 206, 207, 218, 220,
                221, 222, 223, 224, 225, 226, 227, 228, 229, 231, 232, 235, 236, 237, 238, 239, 240,
                255, 336, 348, 349, 350, 351, 354, 355, 381, 423, 453, 454, 460, 461, 466, 470, 471,
                472, 540, 541, 543, 555, 570, 574, 625, 626, 650, 662, 663, 667, 668, 691, 696, 697,
                698, 699, 700, 701, 711, 738, 754, 761, 762, 775, 788, 793, 796, 808, 854, 857, 860,
                864, 869, 870, 873, 874, 875, 876, 892, 893, 898, 913, 914, 915, 916, 917, 918, 919,
                920, 921, 922, 947,
            ]),
            required: set(&[6, 53, 54, 70, 71, 75, 626, 857]),
            groups: &[&G73_2, &G124, &G454, &G864, &G870, &G711, &G555_2, &G453, &G232, &G78_2],
        },
    },
    // ListCancelRequest
    Message {
        msg_type: "K",
        body: Layout {
            fields: set(&[58, 60, 66, 75, 229, 354, 355]),
            required: set(&[60, 66]),
            groups: &[],
        },
    },
    // ListExecute
    Message {
        msg_type: "L",
        body: Layout {
            fields: set(&[58, 60, 66, 354, 355, 390, 391]),
            required: set(&[60, 66]),
            groups: &[],
        },
    },
    // ListStatusRequest
    Message {
        msg_type: "M",
        body: Layout {
            fields: set(&[58, 66, 354, 355]),
            required: set(&[66]),
            groups: &[],
        },
    },
    // ListStatus
    Message {
        msg_type: "N",
        body: Layout {
            fields: set(&[60, 66, 68, 73, 82, 83, 429, 431, 444, 445, 446, 893]),
            required: set(&[66, 68, 73, 82, 83, 429, 431]),
            groups: &[&G73_3],
        },
    },
    // AllocationInstructionAck
    Message {
        msg_type: "P",
        body: Layout {
            fields: set(&[58, 60, 70, 75, 78, 87, 88, 167, 354, 355, 453, 460, 573, 626, 793, 808]),
            required: set(&[60, 70, 87]),
            groups: &[&G453, &G78_3],
        },
    },
    // DontKnowTrade
    Message {
        msg_type: "Q",
        body: Layout {
            fields: set(&[
                17, 22, 31, 32, 37, 38, 48, 54, 55, 58, 65, 106, 107, 127, 152, 167, 198, 200, 201,
                202, 206, 207, 223, 224, 225, 226, 227, 228, 231, 239, 240, 255, 348, 349, 350, 351,
                354, 355, 454, 460, 461, 468, 469, 470, 471, 472, 516, 541, 543, 555, 667, 691, 711,
                762, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[17, 37, 54, 127]),
            groups: &[&G454, &G864, &G711, &G555_2],
        },
    },
    // QuoteRequest
    Message {
        msg_type: "R",
        body: Layout {
            fields: set(&[11, 58, 131, 146, 354, 355, 528, 644]),
            required: set(&[131, 146]),
            groups: &[&G146_2],
        },
    },
    // Quote
    Message {
        msg_type: "S",
        body: Layout {
            fields: set(&[
                1, 12, 13, 15, 22, 38, 40, 48, 54, 55, 58, 60, 62, 63, 64, 65, 100, 106, 107, 117,
                131, 132, 133, 134, 135, 152, 156, 167, 188, 189, 190, 191, 192, 193, 200, 201, 202,
                206, 207, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 231, 232, 235, 236, 239,
                240, 255, 301, 336, 348, 349, 350, 351, 354, 355, 423, 453, 454, 460, 461, 468, 469,
                470, 471, 472, 516, 528, 537, 541, 543, 555, 581, 582, 625, 631, 632, 633, 634, 642,
                643, 645, 646, 647, 648, 656, 657, 660, 662, 663, 667, 691, 693, 696, 697, 698, 699,
                701, 711, 735, 761, 762, 788, 864, 873, 874, 875, 876, 898, 913, 914, 915, 916, 917,
                918, 919, 947,
            ]),
            required: set(&[117]),
            groups: &[&G735, &G453, &G454, &G864, &G711, &G232, &G555_5],
        },
    },
    // SettlementInstructions
    Message {
        msg_type: "T",
        body: Layout {
            fields: set(&[11, 58, 60, 160, 354, 355, 777, 778, 791, 792]),
            required: set(&[60, 160, 777]),
            groups: &[&G778],
        },
    },
    // MarketDataRequest
    Message {
        msg_type: "V",
        body: Layout {
            fields: set(&[146, 262, 263, 264, 265, 266, 267, 286, 386, 546, 547, 812, 815]),
            required: set(&[146, 262, 263, 264, 267]),
            groups: &[&G267, &G146_3, &G386],
        },
    },
    // MarketDataSnapshotFullRefresh
    Message {
        msg_type: "W",
        body: Layout {
            fields: set(&[
                22, 48, 55, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227,
                228, 231, 239, 240, 255, 262, 268, 291, 292, 348, 349, 350, 351, 451, 454, 460, 461,
                470, 471, 472, 541, 543, 555, 667, 691, 711, 762, 813, 814, 864, 873, 874, 875, 876,
                947,
            ]),
            required: set(&[268]),
            groups: &[&G454, &G864, &G711, &G555_2, &G268],
        },
    },
    // MarketDataIncrementalRefresh
    Message {
        msg_type: "X",
        body: Layout {
            fields: set(&[262, 268, 813, 814]),
            required: set(&[268]),
            groups: &[&G268_2],
        },
    },
    // MarketDataRequestReject
    Message {
        msg_type: "Y",
        body: Layout {
            fields: set(&[58, 262, 281, 354, 355, 816]),
            required: set(&[262]),
            groups: &[&G816],
        },
    },
    // QuoteCancel
    Message {
        msg_type: "Z",
        body: Layout {
            fields: set(&[1, 117, 131, 295, 298, 301, 336, 453, 581, 625, 660]),
            required: set(&[117, 298]),
            groups: &[&G453, &G295],
        },
    },
    // QuoteStatusRequest
    Message {
        msg_type: "a",
        body: Layout {
            fields: set(&[
                1, 22, 48, 55, 65, 106, 107, 117, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226,
                227, 228, 231, 239, 240, 255, 263, 336, 348, 349, 350, 351, 453, 454, 460, 461, 470,
                471, 472, 541, 543, 555, 581, 625, 649, 660, 667, 691, 711, 762, 788, 864, 873, 874,
                875, 876, 898, 913, 914, 915, 916, 917, 918, 919, 947,
            ]),
            required: set(&[]),
            groups: &[&G454, &G864, &G711, &G555_2, &G453],
        },
    },
    // MassQuoteAcknowledgement
    Message {
        msg_type: "b",
        body: Layout {
            fields: set(&[1, 58, 117, 131, 296, 297, 300, 301, 354, 355, 453, 537, 581, 660]),
            required: set(&[297]),
            groups: &[&G453, &G296],
        },
    },
    // SecurityDefinitionRequest
    Message {
        msg_type: "c",
        body: Layout {
            fields: set(&[
                15, 22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226,
                227, 228, 231, 239, 240, 255, 263, 320, 321, 336, 348, 349, 350, 351, 354, 355, 454,
                460, 461, 470, 471, 472, 541, 543, 555, 625, 667, 668, 691, 711, 762, 827, 864, 869,
                870, 873, 874, 875, 876, 947,
            ]),
            required: set(&[320, 321]),
            groups: &[&G454, &G864, &G870, &G711, &G555_2],
        },
    },
    // SecurityDefinition
    Message {
        msg_type: "d",
        body: Layout {
            fields: set(&[
                15, 22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226,
                227, 228, 231, 239, 240, 255, 320, 322, 323, 336, 348, 349, 350, 351, 354, 355, 454,
                460, 461, 470, 471, 472, 541, 543, 555, 561, 562, 625, 667, 668, 691, 711, 762, 827,
                864, 869, 870, 873, 874, 875, 876, 947,
            ]),
            required: set(&[320, 322, 323]),
            groups: &[&G454, &G864, &G870, &G711, &G555_2],
        },
    },
    // SecurityStatusRequest
    Message {
        msg_type: "e",
        body: Layout {
            fields: set(&[
                15, 22, 48, 55, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226, 227,
                228, 231, 239, 240, 255, 263, 324, 336, 348, 349, 350, 351, 454, 460, 461, 470, 471,
                472, 541, 543, 555, 625, 667, 668, 691, 711, 762, 864, 869, 870, 873, 874, 875, 876,
                947,
            ]),
            required: set(&[263, 324]),
            groups: &[&G454, &G864, &G870, &G711, &G555_2],
        },
    },
    // SecurityStatus
    Message {
        msg_type: "f",
        body: Layout {
            fields: set(&[
                15, 22, 31, 48, 55, 58, 60, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224,
                225, 226, 227, 228, 231, 239, 240, 255, 291, 292, 324, 325, 326, 327, 328, 329, 330,
                331, 332, 333, 334, 336, 348, 349, 350, 351, 354, 355, 454, 460, 461, 470, 471, 472,
                541, 543, 555, 625, 667, 668, 691, 711, 762, 864, 869, 870, 873, 874, 875, 876, 947,
            ]),
            required: set(&[]),
            groups: &[&G454, &G864, &G870, &G711, &G555_2],
        },
    },
    // TradingSessionStatusRequest
    Message {
        msg_type: "g",
        body: Layout {
            fields: set(&[263, 335, 336, 338, 339, 625]),
            required: set(&[263, 335]),
            groups: &[],
        },
    },
    // TradingSessionStatus
    Message {
        msg_type: "h",
        body: Layout {
            fields: set(&[
                58, 325, 335, 336, 338, 339, 340, 341, 342, 343, 344, 345, 354, 355, 387, 567, 625,
            ]),
            required: set(&[336, 340]),
            groups: &[],
        },
    },
    // MassQuote
    Message {
        msg_type: "i",
        body: Layout {
            fields: set(&[1, 117, 131, 293, 294, 296, 301, 453, 537, 581, 660]),
            required: set(&[117, 296]),
            groups: &[&G453, &G296_2],
        },
    },
    // BusinessMessageReject
    Message {
        msg_type: "j",
        body: Layout {
            fields: set(&[45, 58, 354, 355, 372, 379, 380]),
            required: set(&[372, 380]),
            groups: &[],
        },
    },
    // BidRequest
    Message {
        msg_type: "k",
        body: Layout {
            fields: set(&[
                15, 58, 75, 121, 354, 355, 374, 390, 391, 392, 393, 394, 395, 396, 397, 398, 409,
                410, 411, 412, 413, 414, 415, 416, 417, 418, 419, 420, 443,
            ]),
            required: set(&[374, 391, 393, 394, 418, 419]),
            groups: &[&G398, &G420],
        },
    },
    // BidResponse
    Message {
        msg_type: "l",
        body: Layout {
            fields: set(&[390, 391, 420]),
            required: set(&[420]),
            groups: &[&G420_2],
        },
    },
    // ListStrikePrice
    Message {
        msg_type: "m",
        body: Layout {
            fields: set(&[66, 422, 428, 711, 893]),
            required: set(&[66, 422, 428]),
            groups: &[&G428, &G711_2],
        },
    },
    // XMLnonFIX
    Message {
        msg_type: "n",
        body: Layout {
            fields: set(&[]),
            required: set(&[]),
            groups: &[],
        },
    },
    // RegistrationInstructions
    Message {
        msg_type: "o",
        body: Layout {
            fields: set(&[1, 11, 453, 473, 493, 495, 508, 510, 513, 514, 517, 660]),
            required: set(&[508, 513, 514]),
            groups: &[&G453, &G473, &G510],
        },
    },
    // RegistrationInstructionsResponse
    Message {
        msg_type: "p",
        body: Layout {
            fields: set(&[1, 11, 453, 496, 506, 507, 508, 513, 514, 660]),
            required: set(&[506, 508, 513, 514]),
            groups: &[&G453],
        },
    },
    // OrderMassCancelRequest
    Message {
        msg_type: "q",
        body: Layout {
            fields: set(&[
                11, 22, 48, 54, 55, 58, 60, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224,
                225, 226, 227, 228, 231, 239, 240, 241, 242, 243, 244, 245, 246, 247, 255, 256, 305,
                306, 307, 308, 309, 310, 311, 312, 313, 315, 316, 317, 318, 336, 348, 349, 350, 351,
                354, 355, 362, 363, 364, 365, 435, 436, 454, 457, 460, 461, 462, 463, 470, 471, 472,
                526, 530, 541, 542, 543, 592, 593, 594, 595, 625, 667, 691, 762, 763, 810, 864, 873,
                874, 875, 876, 877, 878, 879, 882, 883, 884, 885, 886, 887, 941, 947,
            ]),
            required: set(&[11, 60, 530]),
            groups: &[&G454, &G864, &G457, &G887],
        },
    },
    // OrderMassCancelReport
    Message {
        msg_type: "r",
        body: Layout {
            fields: set(&[
                11, 22, 37, 48, 54, 55, 58, 60, 65, 106, 107, 167, 198, 200, 201, 202, 206, 207,
                223, 224, 225, 226, 227, 228, 231, 239, 240, 241, 242, 243, 244, 245, 246, 247, 255,
                256, 305, 306, 307, 308, 309, 310, 311, 312, 313, 315, 316, 317, 318, 336, 348, 349,
                350, 351, 354, 355, 362, 363, 364, 365, 435, 436, 454, 457, 460, 461, 462, 463, 470,
                471, 472, 526, 530, 531, 532, 533, 534, 541, 542, 543, 592, 593, 594, 595, 625, 667,
                691, 762, 763, 810, 864, 873, 874, 875, 876, 877, 878, 879, 882, 883, 884, 885, 886,
                887, 941, 947,
            ]),
            required: set(&[37, 530, 531]),
            groups: &[&G534, &G454, &G864, &G457, &G887],
        },
    },
    // NewOrderCross
    Message {
        msg_type: "s",
        body: Layout {
            fields: set(&[
                15, 18, 21, 22, 23, 40, 44, 48, 55, 59, 60, 63, 64, 65, 81, 99, 100, 106, 107, 110,
                111, 114, 117, 126, 140, 167, 168, 200, 201, 202, 206, 207, 210, 211, 218, 220, 221,
                222, 223, 224, 225, 226, 227, 228, 231, 232, 235, 236, 239, 240, 255, 348, 349, 350,
                351, 376, 386, 388, 389, 423, 427, 432, 454, 460, 461, 470, 471, 472, 480, 481, 494,
                513, 541, 543, 548, 549, 550, 552, 555, 662, 663, 667, 691, 696, 697, 698, 699, 701,
                711, 761, 762, 835, 836, 837, 838, 840, 841, 842, 843, 844, 846, 847, 848, 849, 864,
                873, 874, 875, 876, 947,
            ]),
            required: set(&[40, 60, 548, 549, 550, 552]),
            groups: &[&G552, &G454, &G864, &G711, &G555_2, &G386, &G232],
        },
    },
    // CrossOrderCancelReplaceRequest
    Message {
        msg_type: "t",
        body: Layout {
            fields: set(&[
                15, 18, 21, 22, 23, 37, 40, 44, 48, 55, 59, 60, 63, 64, 65, 81, 99, 100, 106, 107,
                110, 111, 114, 117, 126, 140, 167, 168, 200, 201, 202, 206, 207, 210, 211, 218, 220,
                221, 222, 223, 224, 225, 226, 227, 228, 231, 232, 235, 236, 239, 240, 255, 348, 349,
                350, 351, 376, 386, 388, 389, 423, 427, 432, 454, 460, 461, 470, 471, 472, 480, 481,
                494, 513, 541, 543, 548, 549, 550, 551, 552, 555, 662, 663, 667, 691, 696, 697, 698,
                699, 701, 711, 761, 762, 835, 836, 837, 838, 840, 841, 842, 843, 844, 846, 847, 848,
                849, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[40, 60, 548, 549, 550, 551, 552]),
            groups: &[&G552, &G454, &G864, &G711, &G555_2, &G386, &G232],
        },
    },
    // CrossOrderCancelRequest
    Message {
        msg_type: "u",
        body: Layout {
            fields: set(&[
                22, 37, 48, 55, 60, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226,
                227, 228, 231, 239, 240, 255, 348, 349, 350, 351, 454, 460, 461, 470, 471, 472, 541,
                543, 548, 549, 550, 551, 552, 555, 667, 691, 711, 762, 864, 873, 874, 875, 876, 947,
            ]),
            required: set(&[60, 548, 549, 550, 551, 552]),
            groups: &[&G552_2, &G454, &G864, &G711, &G555_2],
        },
    },
    // SecurityTypeRequest
    Message {
        msg_type: "v",
        body: Layout {
            fields: set(&[58, 167, 320, 336, 354, 355, 460, 625, 762]),
            required: set(&[320]),
            groups: &[],
        },
    },
    // SecurityTypes
    Message {
        msg_type: "w",
        body: Layout {
            fields: set(&[58, 263, 320, 322, 323, 336, 354, 355, 557, 558, 625, 893]),
            required: set(&[320, 322, 323]),
            groups: &[&G558],
        },
    },
    // SecurityListRequest
    Message {
        msg_type: "x",
        body: Layout {
            fields: set(&[
                15, 22, 48, 55, 58, 65, 106, 107, 167, 200, 201, 202, 206, 207, 223, 224, 225, 226,
                227, 228, 231, 239, 240, 255, 263, 320, 336, 348, 349, 350, 351, 354, 355, 454, 460,
                461, 470, 471, 472, 541, 543, 555, 559, 625, 667, 668, 691, 711, 762, 788, 864, 869,
                870, 873, 874, 875, 876, 898, 913, 914, 915, 916, 917, 918, 919, 947,
            ]),
            required: set(&[320, 559]),
            groups: &[&G454, &G864, &G870, &G711, &G555_2],
        },
    },
    // SecurityList
    Message {
        msg_type: "y",
        body: Layout {
            fields: set(&[146, 320, 322, 393, 560, 893]),
            required: set(&[320, 322, 560]),
            groups: &[&G146_4],
        },
    },
    // DerivativeSecurityListRequest
    Message {
        msg_type: "z",
        body: Layout {
            fields: set(&[
                15, 58, 241, 242, 243, 244, 245, 246, 247, 256, 263, 305, 306, 307, 308, 309, 310,
                311, 312, 313, 315, 316, 317, 318, 320, 336, 354, 355, 362, 363, 364, 365, 435, 436,
                457, 462, 463, 542, 559, 592, 593, 594, 595, 625, 762, 763, 810, 877, 878, 879, 882,
                883, 884, 885, 886, 887, 941,
            ]),
            required: set(&[320, 559]),
            groups: &[&G457, &G887],
        },
    },
];
