package auth

// reasonOfSuberror reads the suberror beside the standard's error in refusals of
// Microsoft Entra ID: the way to mend it, as its client libraries understand it.
func reasonOfSuberror(suberror string) Reason {
	switch suberror {
	case "basic_action":
		return ReasonAgain
	case "additional_action", "message_only", "protection_policy_required":
		return ReasonPolicy
	case "consent_required":
		return ReasonConsentByPerson
	case "user_password_expired":
		return ReasonPasswordExpired
	case "bad_token", "client_mismatch":
		return ReasonExpired
	case "token_expired":
		return ReasonLapsed
	case "device_authentication_failed":
		return ReasonDevice
	}
	return ReasonNone
}

// reasonOfNumber reads Microsoft Entra ID's own numbers. They change without
// notice and may appear beside any error, so they choose between words and
// nothing else.
func reasonOfNumber(number string) Reason {
	switch number {
	// The registration.
	case "AADSTS50011", "AADSTS70004", "AADSTS500113":
		return ReasonRedirect
	case "AADSTS9002327":
		return ReasonRedirectSPA
	case "AADSTS50194":
		return ReasonSingleTenant
	case "AADSTS700016", "AADSTS700011":
		return ReasonAppUnknown
	case "AADSTS90002":
		return ReasonTenantUnknown
	case "AADSTS700025":
		return ReasonSecretUnwanted
	case "AADSTS7000218":
		return ReasonSecretWanted
	case "AADSTS7000215":
		return ReasonSecretWrong
	case "AADSTS7000222":
		return ReasonSecretExpired
	case "AADSTS700027":
		return ReasonKeyUnusable
	case "AADSTS70011":
		return ReasonScope

	// Consent.
	case "AADSTS65001":
		return ReasonConsentByPerson
	case "AADSTS65004":
		return ReasonDeclined
	case "AADSTS90094":
		return ReasonConsent
	case "AADSTS90095":
		return ReasonConsentRequested
	case "AADSTS90099":
		return ReasonPartner

	// The person or the device.
	case "AADSTS50105":
		return ReasonNotAssigned
	case "AADSTS50020", "AADSTS50034", "AADSTS51004", "AADSTS50014":
		return ReasonWrongAccount
	case "AADSTS50053":
		return ReasonAccountLocked
	case "AADSTS50055", "AADSTS50144":
		return ReasonPasswordExpired
	case "AADSTS50057":
		return ReasonAccountDisabled
	case "AADSTS50072", "AADSTS50074", "AADSTS50076", "AADSTS50078", "AADSTS50079":
		return ReasonSecondFactor
	case "AADSTS50097", "AADSTS53000", "AADSTS53001", "AADSTS530003":
		return ReasonDevice
	case "AADSTS53003", "AADSTS53002", "AADSTS530032":
		return ReasonPolicy
	case "AADSTS500021", "AADSTS500022", "AADSTS500212", "AADSTS500213":
		return ReasonTenantRestricted

	// The sign-in.
	case "AADSTS50058":
		return ReasonNoSignIn
	case "AADSTS50173", "AADSTS50132", "AADSTS50133":
		return ReasonRevoked
	case "AADSTS70000":
		return ReasonExpired
	case "AADSTS70008", "AADSTS700082":
		return ReasonLapsed
	case "AADSTS70043":
		return ReasonFrequency
	case "AADSTS54005":
		return ReasonInterrupted

	// Passing.
	case "AADSTS50196":
		return ReasonLooping
	case "AADSTS50033", "AADSTS90006", "AADSTS90024", "AADSTS90033", "AADSTS90090":
		return ReasonFailing
	}
	return ReasonNone
}
