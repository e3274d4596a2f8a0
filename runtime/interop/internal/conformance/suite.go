package conformance

import "testing"

// Run runs the suite over one SDK.
func Run(t *testing.T, d Driver) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for name, test := range map[string]func(*testing.T, Driver, mode){
				"CarriesTokenAndDeps":             testTags,
				"CarriesThemOnEveryRetry":         testRetries,
				"CrossesNoneOf100Concurrent":      testConcurrent,
				"BypassCarriesNeither":            testBypass,
				"SystemMessageEndsWithTheScope":   testScope,
				"ExactOnlyRefusesSimilarAnswers":  testExactOnly,
				"FollowsRedirectWithinGateway":    testRedirectWithin,
				"RedirectElsewhereCarriesNeither": testRedirectElsewhere,
				"Found302LosesThePrompt":          testFound,
				"WritesTheSameBytes":              testSameBytes,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, d, m)
				})
			}
			if d.Wire == Chat {
				t.Run("LocalGatewayCachesAndInvalidates", func(t *testing.T) {
					t.Parallel()
					testGateway(t, d, m)
				})
			}
		})
	}
	t.Run("StatusIsThereBeforeFirstPiece", func(t *testing.T) {
		t.Parallel()
		testStatusFirst(t, d)
	})
	t.Run("StreamIsNotDelayed", func(t *testing.T) {
		t.Parallel()
		testNotDelayed(t, d)
	})
	t.Run("PlainJSONForAStream", func(t *testing.T) {
		t.Parallel()
		testPlainJSON(t, d)
	})
	if d.Federated != nil {
		t.Run("SideRequestsCarryNeither", func(t *testing.T) {
			t.Parallel()
			testSideRequests(t, d)
		})
	}
}
