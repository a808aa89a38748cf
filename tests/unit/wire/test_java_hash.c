/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claim: the hash of a tag is String.hashCode of its UTF-16 form, also where the bytes are no UTF-8.
 * Shown: on values printed by OpenJDK 17: new String(bytes, UTF_8).hashCode() over random bytes that lean to the edges of
 * UTF-8 (20000 such rows agreed when these were picked).
 */
#include "wire/props.h"

#include "wire_lmt.h"

START_TEST(tags_hash_as_in_java)
{
	ck_assert_int_eq(lmi_java_hash(LMI_SPAN_LIT("TagA")), 2598919);
	ck_assert_int_eq(lmi_java_hash(LMI_SPAN_LIT("TagB")), 2598920);
	ck_assert_int_eq(lmi_java_hash(LMI_SPAN_NULL), 0);
	ck_assert_int_eq(lmi_java_hash(LMI_SPAN_LIT("polygenelubricants")), INT32_MIN);
}
END_TEST

START_TEST(any_bytes_hash_as_in_java)
{
	static const struct {
		const char *hex;
		int32_t hash;
	} rows[] = {
		{ "FFA0EDC280", 2017302467 },
		{ "ED4141FFF4A0E4", -2025071203 },
		{ "8F8FC180E4C2EFC1", -186675584 },
		{ "90C1C2BFC2FF", -1948833537 },
		{ "90DF9FE0F49F90E4", -1701270917 },
		{ "9F9FB8AD90", -1886039875 },
		{ "C1F0F0E4B6BE8F", -1887454436 },
		{ "ADFFA0EF8FB38FA0", 1659409750 },
		{ "9FF5EFAD90", 65073072 },
		{ "80C0A8", 65074269 },
		{ "90EDA0F0", 65074269 },
		{ "C190C0F0ADBF", 2017367872 },
		{ "EFB8E4AD909FC0", 1972918739 },
		{ "ED41F5AD4102E0", -1758486728 },
		{ "7EF0F9F5C0A0A0", 1818685662 },
		{ "F0A4FF8FF5EFC0", 1662371552 },
		{ "EFC1DFADC1ED", -1947067219 },
		{ "C0BFADF0BFB8B89F", 1652449351 },
		{ "EFA0F5E0A08F", 65010799 },
		{ "EFF0DF9EB839EDED", 1399465402 },
		{ "F4E4809FC2EFC08F", -749459966 },
		{ "80F5F4B8F4C2FFC0", -186675584 },
		{ "F0E4DFADF0C2C0", -229476112 },
		{ "90EFEDEFEFFFED", -6023907 },
		{ "A0E49F", 2097056 },
		{ "8081A0E041F4E4AD", -68938655 },
		{ "FFEFC080", 2017367872 },
		{ "90F441AD", 2015338364 },
		{ "6490C2A0BFB8FF90", -25369753 },
		{ "9FFFEDF5809F69", -6089335 },
		{ "41C1B8F51BFF", -27175746 },
		{ "C290F0", 69997 },
		{ "E04190B8C1", 458570233 },
		{ "DFE48FBF4170E0F5", -1846553903 },
		{ "688011C1", 66141537 },
		{ "90BFFFDFF4EF", 1662371552 },
		{ "ADFDE4E451C2C1FF", -2136556116 },
		{ "88EFAD41", 65008801 },
		{ "FFA0FF9F", 2017367872 },
		{ "41EFBF41", 2094053 },
		{ "ADEDFF02FFC1F4", -1958257928 },
		{ "A0C1F0", 65074269 },
		{ "DF90F4C2C241DFBF", -464405717 },
		{ "A1C2C1", 65074269 },
		{ "F4DFC2C0", 2017367872 },
		{ "80DF88", 2033515 },
		{ "80B8C2D4B88F", -1888029982 },
		{ "F4AD90B8B8AD", 1662371552 },
		{ "FFE0B8FF", 65074269 },
		{ "E4E4F0EFC2E4", 1662371552 },
		{ "8F8FF58FA0", -1886039875 },
		{ "A0C0A0FFFF2B", 1662306062 },
		{ "BF809063ED9F", -1888068329 },
		{ "C18FF09FDF8F", 2017304338 },
		{ "EFFFE4DFF4", -1886039875 },
		{ "F5C1C2", 65074269 },
		{ "BFBFBC8F", 2017367872 },
		{ "ED90AD4E", 1683905 },
		{ "C1F4C0B8DFE49F", 1662371552 },
		{ "E4ADC1C2AD", 65008909 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct lmi_span s = wire_hex(rows[i].hex);

		ck_assert_msg(lmi_java_hash(s) == rows[i].hash, "%s", rows[i].hex);
		wire_free(s);
	}
}
END_TEST

START_TEST(a_text_may_be_hashed_in_pieces)
{
	static const char text[] = "TopicTest#0A0B\xC3\xA9\xE2\x82\xAC key";
	int32_t whole = lmi_java_hash(LMI_SPAN_LIT(text));
	for (size_t cut = 0; cut < 14; cut++) {
		int32_t before = lmi_java_hash(lmi_span(text, cut));
		ck_assert_int_eq(lmi_java_hash_on(before, lmi_span(text + cut, sizeof(text) - 1 - cut)), whole);
	}
}
END_TEST

LMT_MAIN("java_hash", tags_hash_as_in_java, a_text_may_be_hashed_in_pieces, any_bytes_hash_as_in_java)
