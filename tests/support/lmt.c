/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/lmt.h"

#include <stdlib.h>

int lmt_run(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *c = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(c, LMT_TIMEOUT_S);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(c, tests[i]);
	suite_add_tcase(suite, c);
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
