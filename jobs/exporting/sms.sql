-- name: sms
-- One text message per card due at a merchant with a mobile number: the sentence filled, the merchant's name cut to what
-- is left of the signs a message has. The name goes in last, so that nothing written in it is filled.
SELECT phone AS contact_phone, replace(rest, '{merchant}', left(clean_name, greatest(0, $sms_signs::INTEGER - length(rest) + length('{merchant}'))))
        AS sms_text, length(sms_text) AS sms_signs, merchant_no, merchant AS merchant_name, contact_name, terminal_id, iccid,
    coalesce(map($carrier_codes::VARCHAR[], $carrier_words::VARCHAR[])[carrier], carrier) AS carrier, expires_on,
    expires_on - $today::DATE AS days_left, agent AS agent_name, agent AS split_agent, branch AS split_branch,
    region AS split_region
FROM (
    SELECT *,
        regexp_extract(regexp_replace(contact_phone, '[\s()（）.-]', '', 'g'), '(?:^|\D)(?:\+?86|0086)?(1[3-9]\d{9})(?:\D|$)', 1)
            AS phone,
        trim(regexp_replace(coalesce(merchant, ''), $sms_unseen, '', 'g')) AS clean_name,
        replace(replace(replace(replace(
            CASE WHEN expires_on < $today THEN $sms_ended ELSE $sms_ends END,
            '{day}', strftime(expires_on, '%Y年%-m月%-d日') || list_extract($sms_weekdays::VARCHAR[], isodow(expires_on)::INTEGER)),
            '{card}', right(iccid, 6)),
            '{terminal}', left(regexp_replace(coalesce(terminal_id, ''), $sms_unseen, '', 'g'), 16)),
            '{agent}', left(regexp_replace(coalesce(agent, $sms_agent), $sms_unseen, '', 'g'), 16)) AS rest
    FROM ({source}) WHERE due AND merchant_id IS NOT NULL AND expires_on IS NOT NULL
)
WHERE phone <> '';
