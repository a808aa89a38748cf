/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/lmt.h"

#include <stdlib.h>
#include <unistd.h>

/* LMT_TIMEOUT_S is for a processor of one's own; where others wait for it too, it takes longer. */
static double timeout_s(void)
{
	double load, cpus = (double)sysconf(_SC_NPROCESSORS_ONLN);
	double share = getloadavg(&load, 1) == 1 && cpus >= 1 ? (load + 1) / cpus : 1;

	return LMT_TIMEOUT_S * (share > 1 ? share : 1);
}

int lmt_run(const char *name, const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *c = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(c, timeout_s());
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
