"""Readings that the general dictionary has wrong or cannot know: the trade's words, places, surnames, light tones.

Words apart by semicolons: characters, then one syllable a character. Lexicon before dictionary, longer before
shorter. Data only.
"""

from __future__ import annotations

_WORDS = """
还款 huan2 kuan3; 还款日 huan2 kuan3 ri4; 还款额 huan2 kuan3 e2; 还款人 huan2 kuan3 ren2
还款方式 huan2 kuan3 fang1 shi4; 还款计划 huan2 kuan3 ji4 hua4; 还款能力 huan2 kuan3 neng2 li4
还款意愿 huan2 kuan3 yi4 yuan4; 还款困难 huan2 kuan3 kun4 nan5; 还款压力 huan2 kuan3 ya1 li4
还款提醒 huan2 kuan3 ti2 xing3; 还款卡 huan2 kuan3 ka3; 还款记录 huan2 kuan3 ji4 lu4
还款安排 huan2 kuan3 an1 pai2; 还款日期 huan2 kuan3 ri4 qi1; 还款金额 huan2 kuan3 jin1 e2
还钱 huan2 qian2; 还清 huan2 qing1; 还贷 huan2 dai4; 还贷款 huan2 dai4 kuan3; 还车贷 huan2 che1 dai4
还房贷 huan2 fang2 dai4; 还月供 huan2 yue4 gong1; 还本 huan2 ben3; 还本付息 huan2 ben3 fu4 xi1
还息 huan2 xi1; 还利息 huan2 li4 xi1; 还本金 huan2 ben3 jin1; 还罚息 huan2 fa2 xi1; 还债 huan2 zhai4
还账 huan2 zhang4; 还卡 huan2 ka3; 还信用卡 huan2 xin4 yong4 ka3; 还车 huan2 che1; 还上 huan2 shang4
还掉 huan2 diao4; 还完 huan2 wan2; 还进去 huan2 jin4 qu5; 还给 huan2 gei3; 还回 huan2 hui2
还多少 huan2 duo1 shao5; 还一半 huan2 yi2 ban4; 还一部分 huan2 yi2 bu4 fen5; 还部分 huan2 bu4 fen5
还全部 huan2 quan2 bu4; 还全款 huan2 quan2 kuan3; 还最低 huan2 zui4 di1; 还一下 huan2 yi2 xia4
还一点 huan2 yi4 dian3; 还一些 huan2 yi4 xie1; 还一期 huan2 yi4 qi1; 还一笔 huan2 yi4 bi3
还一次 huan2 yi2 ci4; 还得起 huan2 de5 qi3; 还得上 huan2 de5 shang4; 还得清 huan2 de5 qing1
还得了 huan2 de5 liao3; 还不上 huan2 bu2 shang4; 还不了 huan2 bu4 liao3; 还不起 huan2 bu4 qi3
还不还 huan2 bu4 huan2; 还我钱 huan2 wo3 qian2; 还您钱 huan2 nin2 qian2; 还他钱 huan2 ta1 qian2
还你钱 huan2 ni3 qian2; 还不清 huan2 bu4 qing1; 还不完 huan2 bu4 wan2; 还不出 huan2 bu4 chu1
归还 gui1 huan2; 偿还 chang2 huan2; 应还 ying1 huan2; 应还款 ying1 huan2 kuan3
应还款额 ying1 huan2 kuan3 e2; 未还 wei4 huan2; 待还 dai4 huan2; 已还 yi3 huan2; 欠还 qian4 huan2
代还 dai4 huan2; 退还 tui4 huan2; 返还 fan3 huan2; 还没 hai2 mei2; 还没有 hai2 mei2 you3
还没还 hai2 mei2 huan2; 还没还款 hai2 mei2 huan2 kuan3; 还有 hai2 you3; 还是 hai2 shi5; 还要 hai2 yao4
还要还 hai2 yao4 huan2; 还在 hai2 zai4; 还能 hai2 neng2; 还会 hai2 hui4; 还可以 hai2 ke3 yi3
还可 hai2 ke3; 还想 hai2 xiang3; 还差 hai2 cha4; 还剩 hai2 sheng4; 还剩下 hai2 sheng4 xia4
还欠 hai2 qian4; 还需 hai2 xu1; 还需要 hai2 xu1 yao4; 还未 hai2 wei4; 还未还 hai2 wei4 huan2
还不错 hai2 bu2 cuo4; 还不 hai2 bu4; 还好 hai2 hao3; 还行 hai2 xing2; 还得 hai2 dei3; 还请 hai2 qing3
还应 hai2 ying1; 还将 hai2 jiang1; 还剩余 hai2 sheng4 yu2; 还愿意 hai2 yuan4 yi4; 银行 yin2 hang2
银行卡 yin2 hang2 ka3; 银行长 yin2 hang2 zhang3; 行长 hang2 zhang3; 行业 hang2 ye4; 分行 fen1 hang2
支行 zhi1 hang2; 央行 yang1 hang2; 建行 jian4 hang2; 农行 nong2 hang2; 工行 gong1 hang2; 招行 zhao1 hang2
我行 wo3 hang2; 本行 ben3 hang2; 他行 ta1 hang2; 跨行 kua4 hang2; 同行业 tong2 hang2 ye4
行驶证 xing2 shi3 zheng4; 行车证 xing2 che1 zheng4; 行不行 xing2 bu4 xing2; 不行 bu4 xing2
执行 zhi2 xing2; 进行 jin4 xing2; 履行 lv3 xing2; 自行 zi4 xing2; 先行 xian1 xing2; 征信 zheng1 xin4
长期 chang2 qi1; 长时间 chang2 shi2 jian1; 长城 chang2 cheng2; 长安 chang2 an1; 长沙 chang2 sha1
长春 chang2 chun1; 延长 yan2 chang2; 时长 shi2 chang2; 多长 duo1 chang2; 增长 zeng1 zhang3
家长 jia1 zhang3; 店长 dian4 zhang3; 局长 ju2 zhang3; 科长 ke1 zhang3; 部长 bu4 zhang3; 校长 xiao4 zhang3
站长 zhan4 zhang3; 重新 chong2 xin1; 重复 chong2 fu4; 重组 chong2 zu3; 重置 chong2 zhi4; 重拨 chong2 bo1
重签 chong2 qian1; 重庆 chong2 qing4; 重要 zhong4 yao4; 严重 yan2 zhong4; 尊重 zun1 zhong4
调整 tiao2 zheng3; 调解 tiao2 jie3; 调减 tiao2 jian3; 协调 xie2 tiao2; 上调 shang4 tiao2; 下调 xia4 tiao2
空调 kong1 tiao2; 调查 diao4 cha2; 调取 diao4 qu3; 调档 diao4 dang4; 调阅 diao4 yue4; 抽调 chou1 diao4
差额 cha1 e2; 差价 cha1 jia4; 差别 cha1 bie2; 差异 cha1 yi4; 误差 wu4 cha1; 偏差 pian1 cha1
出差 chu1 chai1; 差旅 chai1 lv3; 差旅费 chai1 lv3 fei4; 差不多 cha4 bu5 duo1; 差点 cha4 dian3
差一点 cha4 yi4 dian3; 差多少 cha4 duo1 shao5; 相差 xiang1 cha4; 很差 hen3 cha4; 了解 liao3 jie3
了结 liao3 jie2; 了却 liao3 que4; 受不了 shou4 bu4 liao3; 来不了 lai2 bu4 liao3; 付不了 fu4 bu4 liao3
去不了 qu4 bu4 liao3; 办不了 ban4 bu4 liao3; 用不了 yong4 bu4 liao3; 少不了 shao3 bu4 liao3
忘不了 wang4 bu4 liao3; 到不了 dao4 bu4 liao3; 解决 jie3 jue2; 解释 jie3 shi4; 解除 jie3 chu2
解押 jie3 ya1; 解抵押 jie3 di3 ya1; 和解 he2 jie3; 谅解 liang4 jie3; 理解 li3 jie3; 觉得 jue2 de5
记得 ji4 de5; 值得 zhi2 de5; 免得 mian3 de5; 懒得 lan3 de5; 获得 huo4 de2; 取得 qu3 de2; 得到 de2 dao4
不得 bu4 de2; 得知 de2 zhi1; 所得 suo3 de2; 必须得 bi4 xu1 dei3; 总得 zong3 dei3; 都得 dou1 dei3
就得 jiu4 dei3; 也得 ye3 dei3; 得先 dei3 xian1; 得去 dei3 qu4; 得等 dei3 deng3; 得赶紧 dei3 gan3 jin3
得看 dei3 kan4; 得还 dei3 huan2; 得交 dei3 jiao1; 应该 ying1 gai1; 应付 ying4 fu5; 应付款 ying1 fu4 kuan3
应收 ying1 shou1; 应交 ying1 jiao1; 答应 da1 ying5; 反应 fan3 ying4; 相应 xiang1 ying4; 适应 shi4 ying4
供应 gong1 ying4; 月供 yue4 gong1; 提供 ti2 gong1; 累计 lei3 ji4; 劳累 lao2 lei4; 连累 lian2 lei5
转账 zhuan3 zhang4; 转人工 zhuan3 ren2 gong1; 转接 zhuan3 jie1; 转告 zhuan3 gao4; 转让 zhuan3 rang4
周转 zhou1 zhuan3; 周转不开 zhou1 zhuan3 bu4 kai1; 好转 hao3 zhuan3; 结清 jie2 qing1; 结束 jie2 shu4
结账 jie2 zhang4; 核实 he2 shi2; 朝阳 chao2 yang2; 朝阳区 chao2 yang2 qu1; 大厦 da4 sha4; 厦门 xia4 men2
番禺 pan1 yu2; 六安 lu4 an1; 蚌埠 beng4 bu4; 丽水 li2 shui3; 台州 tai1 zhou1; 东阿 dong1 e1
洪洞 hong2 tong2; 铅山 yan2 shan1; 乐清 yue4 qing1; 乐亭 lao4 ting2; 莘县 shen1 xian4; 莘庄 xin1 zhuang1
浚县 xun4 xian4; 歙县 she4 xian4; 黟县 yi1 xian4; 涡阳 guo1 yang2; 亳州 bo2 zhou1; 儋州 dan1 zhou1
郴州 chen1 zhou1; 泸州 lu2 zhou1; 大埔 da4 bu4; 黄埔 huang2 pu3; 单位 dan1 wei4; 单子 dan1 zi5
账单 zhang4 dan1; 订单 ding4 dan1; 曾经 ceng2 jing1; 仇恨 chou2 hen4; 查询 cha2 xun2; 查收 cha2 shou1
检查 jian3 cha2; 核查 he2 cha2; 任务 ren4 wu5; 盖章 gai4 zhang1; 逾期 yu2 qi1; 展期 zhan3 qi1
罚息 fa2 xi1; 利息 li4 xi1; 减免 jian3 mian3; 诈骗 zha4 pian4; 率 lv4; 利率 li4 lv4
年利率 nian2 li4 lv4; 费率 fei4 lv4; 效率 xiao4 lv4; 便宜 pian2 yi5; 方便 fang1 bian4
不方便 bu4 fang1 bian4; 随便 sui2 bian4; 便于 bian4 yu2; 顺便 shun4 bian4; 几乎 ji1 hu1; 几天 ji3 tian1
几号 ji3 hao4; 几点 ji3 dian3; 尽快 jin3 kuai4; 尽早 jin3 zao3; 尽量 jin3 liang4; 尽管 jin3 guan3
尽力 jin4 li4; 尽调 jin4 diao4; 数字 shu4 zi4; 数一数 shu3 yi5 shu3; 处理 chu3 li3; 处罚 chu3 fa2
到处 dao4 chu4; 好处 hao3 chu4; 办事处 ban4 shi4 chu4; 难处 nan2 chu5; 困难 kun4 nan5; 为难 wei2 nan2
难过 nan2 guo4; 苦难 ku3 nan4; 为您 wei4 nin2; 为了 wei4 le5; 为什么 wei4 shen2 me5; 因为 yin1 wei4
作为 zuo4 wei2; 成为 cheng2 wei2; 认为 ren4 wei2; 视为 shi4 wei2; 行为 xing2 wei2; 以为 yi3 wei2
为止 wei2 zhi3; 为准 wei2 zhun3; 为期 wei2 qi1; 更为 geng4 wei2; 均为 jun1 wei2; 额为 e2 wei2
率为 lv4 wei2; 日为 ri4 wei2; 号为 hao4 wei2; 分为 fen1 wei2; 部分 bu4 fen5; 成分 cheng2 fen5
身份 shen1 fen4; 分期 fen1 qi1; 什么 shen2 me5; 怎么 zen3 me5; 怎么样 zen3 me5 yang4; 这么 zhe4 me5
那么 na4 me5; 多少 duo1 shao5; 先生 xian1 sheng5; 太太 tai4 tai5; 爱人 ai4 ren5; 妈妈 ma1 ma5
爸爸 ba4 ba5; 哥哥 ge1 ge5; 弟弟 di4 di5; 姐姐 jie3 jie5; 妹妹 mei4 mei5; 爷爷 ye2 ye5; 奶奶 nai3 nai5
朋友 peng2 you5; 丈夫 zhang4 fu5; 师傅 shi1 fu5; 孩子 hai2 zi5; 儿子 er2 zi5; 房子 fang2 zi5
车子 che1 zi5; 日子 ri4 zi5; 地方 di4 fang5; 时候 shi2 hou5; 意思 yi4 si5; 事情 shi4 qing5
清楚 qing1 chu5; 明白 ming2 bai5; 知道 zhi1 dao5; 不知道 bu4 zhi1 dao4; 消息 xiao1 xi5; 麻烦 ma2 fan5
谢谢 xie4 xie5; 打扰 da3 rao3; 告诉 gao4 su5; 商量 shang1 liang5; 打听 da3 ting5; 晚上 wan3 shang5
早上 zao3 shang5; 上午 shang4 wu3; 路上 lu4 shang5; 手上 shou3 shang5; 身上 shen1 shang5; 家里 jia1 li5
手里 shou3 li5; 卡里 ka3 li5; 这里 zhe4 li5; 那里 na4 li5; 哪里 na3 li5; 名字 ming2 zi5; 工夫 gong1 fu5
关系 guan1 xi5; 没关系 mei2 guan1 xi5; 联系 lian2 xi4; 认识 ren4 shi5; 休息 xiu1 xi5; 暂时 zan4 shi2
实在 shi2 zai4; 客气 ke4 qi5; 情况 qing2 kuang4; 我们 wo3 men5; 咱们 zan2 men5; 您们 nin2 men5
这个 zhe4 ge5; 那个 na4 ge5; 哪个 na3 ge5; 两个 liang3 ge4; 个月 ge4 yue4; 下个月 xia4 ge5 yue4
上个月 shang4 ge5 yue4; 这个月 zhe4 ge5 yue4; 耽误 dan1 wu5; 暖和 nuan3 huo5; 答复 da2 fu4; 答案 da2 an4
回答 hui2 da2; 报答 bao4 da2; 附和 fu4 he4; 和气 he2 qi5; 着急 zhao2 ji2; 沿着 yan2 zhe5
着手 zhuo2 shou3; 着落 zhuo2 luo4; 用得着 yong4 de5 zhao2; 睡不着 shui4 bu4 zhao2; 活着 huo2 zhe5
拿着 na2 zhe5; 不只 bu4 zhi3; 一只 yi4 zhi1; 只是 zhi3 shi4; 只要 zhi3 yao4; 只能 zhi3 neng2
相处 xiang1 chu3; 相信 xiang1 xin4; 真相 zhen1 xiang4; 照相 zhao4 xiang4; 参加 can1 jia1; 人参 ren2 shen1
参差 cen1 ci1; 倒闭 dao3 bi4; 倒车 dao4 che1; 倒卖 dao3 mai4; 倒是 dao4 shi5; 宁可 ning4 ke3
南宁 nan2 ning2; 扎实 zha1 shi5; 扎针 zha1 zhen1; 降低 jiang4 di1; 投降 tou2 xiang2; 强制 qiang2 zhi4
勉强 mian3 qiang3; 倔强 jue2 jiang4; 正月 zheng1 yue4; 正常 zheng4 chang2; 正在 zheng4 zai4
冲动 chong1 dong4; 冲抵 chong1 di3; 冲账 chong1 zhang4; 传达 chuan2 da2; 传票 chuan2 piao4
自传 zi4 zhuan4; 载重 zai4 zhong4; 载货 zai4 huo4; 下载 xia4 zai4; 登载 deng1 zai3; 记载 ji4 zai3
三年五载 san1 nian2 wu3 zai3; 卷入 juan3 ru4; 试卷 shi4 juan4; 宿舍 su4 she4; 舍不得 she3 bu5 de5
省份 sheng3 fen4; 反省 fan3 xing3; 似的 shi4 de5; 似乎 si4 hu1; 提防 di1 fang5; 创伤 chuang1 shang1
创业 chuang4 ye4; 血压 xue4 ya1; 流血 liu2 xue4; 薄弱 bo2 ruo4; 曲折 qu1 zhe2; 折旧 zhe2 jiu4
打折 da3 zhe2; 折腾 zhe1 teng5; 骨折 gu3 zhe2; 中奖 zhong4 jiang3; 中介 zhong1 jie4; 看中 kan4 zhong4
给予 ji3 yu3; 供给 gong1 ji3; 补给 bu3 ji3; 交给 jiao1 gei3; 兴趣 xing4 qu4; 兴奋 xing1 fen4
高兴 gao1 xing4; 要求 yao1 qiu2; 要挟 yao1 xie2; 重要性 zhong4 yao4 xing4; 模样 mu2 yang4; 模式 mo2 shi4
内模 nei4 mu2; 屏蔽 ping2 bi4; 间隔 jian4 ge2; 中间 zhong1 jian1; 时间 shi2 jian1; 间断 jian4 duan4
空闲 kong4 xian2; 有空 you3 kong4; 没空 mei2 kong4; 空头 kong1 tou2; 抽空 chou1 kong4; 填空 tian2 kong4
当天 dang4 tian1; 当作 dang4 zuo4; 当成 dang4 cheng2; 上当 shang4 dang4; 适当 shi4 dang4; 妥当 tuo3 dang5
当前 dang1 qian2; 当时 dang1 shi2; 当事人 dang1 shi4 ren2; 典当 dian3 dang4; 发票 fa1 piao4; 理发 li3 fa4
头发 tou2 fa5; 干活 gan4 huo2; 干净 gan1 jing4; 能干 neng2 gan4; 干脆 gan1 cui4; 干扰 gan1 rao3
奔波 ben1 bo1; 投奔 tou2 ben4; 别扭 bie4 niu5; 车辆 che1 liang4; 车险 che1 xian3; 车架号 che1 jia4 hao4
出租车 chu1 zu1 che1; 网约车 wang3 yue1 che1; 象棋车 xiang4 qi2 ju1; 晕车 yun4 che1; 头晕 tou2 yun1
勾当 gou4 dang4; 露面 lou4 mian4; 泄露 xie4 lou4; 透露 tou4 lu4; 落实 luo4 shi2
丢三落四 diu1 san1 la4 si4; 埋怨 man2 yuan4; 闷热 men1 re4; 郁闷 yu4 men4; 磨损 mo2 sun3; 塞车 sai1 che1
堵塞 du3 se4; 丧失 sang4 shi1; 丧事 sang1 shi4; 少数 shao3 shu4; 少年 shao4 nian2; 胜任 sheng4 ren4
挑选 tiao1 xuan3; 挑战 tiao3 zhan4; 吐露 tu3 lu4; 呕吐 ou3 tu4; 弹性 tan2 xing4; 子弹 zi3 dan4
委托 wei3 tuo1; 削减 xue1 jian3; 压根 ya4 gen1; 钥匙 yao4 shi5; 一会儿 yi2 hui4 er5
一点儿 yi4 dian3 er5; 这儿 zhe4 er5; 那儿 na4 er5; 哪儿 na3 er5; 应当 ying1 dang1; 与会 yu4 hui4
参与 can1 yu4; 占用 zhan4 yong4; 占卜 zhan1 bu3; 涨价 zhang3 jia4; 头昏脑涨 tou2 hun1 nao3 zhang4
症状 zheng4 zhuang4; 症结 zheng1 jie2; 种类 zhong3 lei4; 种地 zhong4 di4; 钻石 zuan4 shi2; 作坊 zuo1 fang5
统一 tong3 yi1; 唯一 wei2 yi1; 万一 wan4 yi1; 之一 zhi1 yi1; 星期一 xing1 qi1 yi1; 周一 zhou1 yi1
礼拜一 li3 bai4 yi1; 一一 yi1 yi1; 一月 yi1 yue4; 一号 yi1 hao4; 一日 yi1 ri4; 第一 di4 yi1
其一 qi2 yi1; 好不好 hao3 bu4 hao3; 能不能 neng2 bu4 neng2; 可不可以 ke3 bu4 ke3 yi3
是不是 shi4 bu2 shi4; 对不对 dui4 bu2 dui4; 要不要 yao4 bu2 yao4; 会不会 hui4 bu2 hui4
对不起 dui4 bu5 qi3; 来得及 lai2 de5 ji2; 来不及 lai2 bu4 ji2; 用不着 yong4 bu4 zhao2
说不定 shuo1 bu5 ding4; 不好意思 bu4 hao3 yi4 si5; 都会 dou1 hui4; 不得了 bu4 de2 liao3; 不记得 bu2 ji4 de5
嗯 en1; 哦 o4; 噢 o1; 喂 wei2; 哎 ai1; 诶 ei2
"""

SURNAMES = {
    "单": "shan4", "曾": "zeng1", "解": "xie4", "仇": "qiu2", "查": "zha1", "任": "ren2", "华": "hua4", "区": "ou1",
    "盖": "ge3", "乐": "yue4", "朴": "piao2", "翟": "zhai2", "缪": "miao4", "覃": "qin2", "冼": "xian3", "牟": "mou4",
    "宓": "mi4", "尉迟": "yu4 chi2", "万俟": "mo4 qi2", "洗": "xian3", "繁": "po2",
    "秘": "bi4", "纪": "ji3", "燕": "yan1", "宁": "ning2", "葛": "ge3",
    "令狐": "ling2 hu2", "长孙": "zhang3 sun1", "澹台": "tan2 tai2", "晁": "chao2", "卜": "bu3",
    "郗": "xi1", "逄": "pang2", "褚": "chu3",
}  # fmt: skip
"""Readings of characters when they are surnames (they count as such only where a name stands)."""

LETTERS = {
    "A": "ei1", "B": "bi4", "C": "xi1", "D": "di4", "E": "yi4", "F": "ai2 fu5", "G": "ji4", "H": "ei1 chi1", "I": "ai4",
    "J": "jie4", "K": "kei4", "L": "ai2 lou5", "M": "ai2 mu5", "N": "en1", "O": "ou1", "P": "pi4", "Q": "kiu1",
    "R": "a1 er5", "S": "ai2 si5", "T": "ti4", "U": "you1", "V": "wei1", "W": "da2 bu5 liu5", "X": "ai2 ke5 si5",
    "Y": "wai1", "Z": "zei4",
}  # fmt: skip
"""Latin letters as Mandarin speakers say them (none of these syllables needs sounds outside Mandarin's)."""

SINGLE = {
    "还": "hai2", "得": "de5", "地": "di4", "了": "le5", "着": "zhe5", "行": "xing2", "长": "chang2", "重": "zhong4",
    "调": "tiao2", "差": "cha4", "为": "wei4", "都": "dou1", "没": "mei2", "会": "hui4", "数": "shu4", "处": "chu4",
    "便": "bian4", "降": "jiang4", "几": "ji3", "系": "xi4", "供": "gong1", "当": "dang1", "分": "fen1", "更": "geng4",
    "好": "hao3", "和": "he2", "尽": "jin3",  "只": "zhi3", "种": "zhong3", "转": "zhuan3", "中": "zhong1",
    "结": "jie2", "解": "jie3", "看": "kan4", "空": "kong1", "少": "shao3", "相": "xiang1", "要": "yao4", "与": "yu3",
    "占": "zhan4", "正": "zheng4", "单": "dan1", "曾": "ceng2", "查": "cha2", "任": "ren4", "给": "gei3", "把": "ba3",
    "过": "guo4", "上": "shang4", "下": "xia4", "个": "ge4", "吧": "ba5", "吗": "ma5", "呢": "ne5", "啊": "a5",
    "的": "de5", "们": "men5", "子": "zi3", "幺": "yao1", "那": "na4", "哪": "na3", "说": "shuo1", "被": "bei4",
    "打": "da3", "号": "hao4", "将": "jiang1", "教": "jiao1", "卡": "ka3", "车": "che1", "大": "da4", "率": "lv4",
    "朝": "chao2", "传": "chuan2", "倒": "dao3", "否": "fou3", "干": "gan4", "划": "hua4", "间": "jian1", "角": "jiao3",
    "量": "liang4", "难": "nan2", "强": "qiang2", "石": "shi2", "提": "ti2", "弹": "tan2", "折": "zhe2", "宁": "ning2",
    "期": "qi1", "奇": "qi2", "俩": "lia3", "呗": "bei5", "嘛": "ma5", "啦": "la5", "呀": "ya5", "哇": "wa5",
    "喔": "o1", "哈": "ha1", "嘿": "hei1", "咳": "ke2", "唉": "ai4", "一": "yi1", "不": "bu4", "谁": "shei2", "血": "xue4",
}  # fmt: skip
"""Readings of characters that stand alone between words."""


_PLAIN = """
今天 明天 后天 昨天 今年 明年 去年 今晚 明早 本月 本期 下期 上期 下月 上月 下周 本周 月底 月初 年底 当月 每月 每期
请问 您好 你好 再见 不客气 打电话 来电 接听 电话 号码 手机 短信 微信 录音 通话 客服 人工 语音 助手 智能 机器人 系统
汽车 金融 公司 贷款 车贷 借款 欠款 款项 金额 本金 余额 总额 费用 违约金 手续费 保证金 保险 保单 抵押 质押 登记证
车辆 车牌 年检 事故 维修 过户 出售 使用 停放 行驶 里程 身份证 姓名 本人 家人 亲属 同事 单位 工作 收入 工资 失业
到期 逾期 到账 扣款 代扣 存入 存款 账户 账号 自动 柜台 支付宝 协商 申请 审批 通过 拒绝 投诉 建议 反馈 登记 记录
安排 计划 打算 承诺 准备 按时 准时 及时 提前 提醒 通知 确认 核对 验证 输入 键盘 按键 按下 稍等 稍后 马上 立即 目前
现在 之前 之后 以后 以前 最近 最晚 最迟 尽早 大概 左右 全部 部分 剩余 其余 另外 其他 问题 原因 情况 影响
信用 征信 记录 法律 合同 条款 规定 保护 隐私 信息 资料 地址 变更 更新 更改 修改 服务 满意 评价 感谢 理解 配合 支持
生活 愉快 祝您 祝你 打扰 抱歉 再说一遍 重复一遍 请说 请按 回答 告知 转达 转告 联系 联系方式 回电
医院 生病 住院 手术 疾病 离婚 去世 灾害 停工 停业 亏损 生意 经营 店面 工厂 工地 外地 老家 出国
"""
PLAIN = frozenset(_PLAIN.split())
"""Words of the trade that the general dictionary lacks; their readings are the ordinary ones. They are spoken as one."""


def _table(lines: str) -> dict[str, tuple[str, ...]]:
    rows = (entry.split() for entry in lines.replace("\n", ";").strip(";").split(";"))
    return {row[0]: tuple(row[1:]) for row in rows}


WORDS: dict[str, tuple[str, ...]] = _table(_WORDS)
